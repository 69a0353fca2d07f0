"""A device without a browser gets tokens through a person who types in its code."""

from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import CLIENT, Api, Browser


def ask(sandbox: SandboxProcess, **form: str) -> requests.Response:
    body = {"client_id": CLIENT["client_id"], **form}
    return requests.post(f"{sandbox.url}/services/oauth2/token", data=body, timeout=10)


def start(sandbox: SandboxProcess) -> dict[str, Any]:
    found: dict[str, Any] = ask(sandbox, response_type="device_code", scope="api refresh_token").json()
    return found


def poll(sandbox: SandboxProcess, device: dict[str, Any]) -> requests.Response:
    return ask(sandbox, grant_type="device", code=device["device_code"])


def decide(sandbox: SandboxProcess, device: dict[str, Any], decision: str, user_code: str = "") -> str:
    """What the page says to a person who types in the code."""
    with Browser(sandbox) as browser:
        browser.get(device["verification_uri"].removeprefix(sandbox.url))
        browser.log_in()
        browser.submit(user_code=user_code or device["user_code"].lower(), decision=decision)
        return browser.page.text


def test_device_waits_until_its_person_allows_access(sandbox: SandboxProcess) -> None:
    device = start(sandbox)
    assert device.keys() == {"device_code", "user_code", "verification_uri", "interval"}
    answer = poll(sandbox, device)
    assert (answer.status_code, answer.json()["error"]) == (400, "authorization_pending")
    assert "The device is connected" in decide(sandbox, device, "allow")
    tokens = poll(sandbox, device).json()
    assert tokens["refresh_token"]
    assert Api(sandbox, tokens["access_token"]).get("/limits").ok
    assert poll(sandbox, device).json()["error"] == "invalid_grant"


def test_denied_device(sandbox: SandboxProcess) -> None:
    device = start(sandbox)
    assert "You denied the device access" in decide(sandbox, device, "deny")
    assert poll(sandbox, device).json()["error"] == "access_denied"


def test_wrong_and_old_codes(sandbox: SandboxProcess) -> None:
    device = start(sandbox)
    assert "There is no device with this code" in decide(sandbox, device, "allow", "WRONG")
    sandbox.post("/_sandbox/clock", {"advance_seconds": 601})
    assert "There is no device with this code" in decide(sandbox, device, "allow")
    assert poll(sandbox, device).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"response_type": "device_code", "client_id": "other"}, "invalid_client_id"),
        ({"response_type": "device_code", "scope": "full"}, "invalid_scope"),
        ({"grant_type": "device", "code": "nothing"}, "invalid_grant"),
    ],
)
def test_what_is_refused(sandbox: SandboxProcess, form: dict[str, str], error: str) -> None:
    answer = ask(sandbox, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
