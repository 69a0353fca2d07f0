"""Receivers of messages: what they take, and what they answer otherwise."""

from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess

CARD = {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}]}
SIGNED = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


@pytest.mark.parametrize(
    ("kind", "body", "headers", "answer"),
    [
        ("slack", {"text": "Held"}, {}, (200, "ok")),
        ("slack", {"blocks": []}, {}, (400, "no_text")),
        ("slack", [], {}, (400, "invalid_payload")),
        ("teams", CARD, {}, (202, "")),
        ("teams", {"text": "Held"}, {}, (400, "The card is missing.")),
        ("standard", {"type": "held"}, SIGNED, (204, "")),
        ("standard", {"type": "held"}, {}, (401, "Not signed.")),
    ],
)
def test_a_receiver_takes_what_its_kind_takes(
    sandbox: SandboxProcess, kind: str, body: Any, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    sandbox.delete("/_sandbox/posts")
    given = requests.post(f"{sandbox.url}/hooks/{kind}/ops", json=body, headers=headers, timeout=10)
    assert (given.status_code, given.text) == answer
    kept = [(post["path"], post["headers"]) for post in sandbox.get("/_sandbox/posts")]
    assert kept == ([(f"/hooks/{kind}/ops", headers)] if given.ok else [])
    assert f"/hooks/{kind}/" in requests.get(f"{sandbox.url}/_sandbox/posts/", timeout=10).text
