"""Receivers of messages, and the work of the notifier."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import SalesAccount
from notifications.models import Channel, ChannelKind
from notifications.senders.webhooks import new_secret
from sandbox.testing import SandboxProcess
from tests.sync.conftest import connected

__all__ = ["connected"]

MakeChannel = Callable[..., Channel]
Posts = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def make_channel(account: SalesAccount, sandbox: SandboxProcess) -> MakeChannel:
    """A channel of the account to the sandbox, which has taken nothing yet."""
    sandbox.delete("/_sandbox/posts")
    receivers = {ChannelKind.SLACK: "slack", ChannelKind.TEAMS: "teams", ChannelKind.WEBHOOK: "standard"}

    def make(kind: ChannelKind = ChannelKind.WEBHOOK, **fields: Any) -> Channel:
        values = {"account": account, "secret": new_secret(), **fields}
        return Channel.objects.create(kind=kind, address=f"{sandbox.url}/hooks/{receivers[kind]}/ops", **values)

    return make


@pytest.fixture
def posts(sandbox: SandboxProcess) -> Posts:
    """What the receivers took: the path, the headers, and the body as JSON."""

    def read() -> list[dict[str, Any]]:
        return [{**post, "json": json.loads(post["body"])} for post in sandbox.get("/_sandbox/posts")]

    return read
