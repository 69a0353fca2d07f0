"""No secret reaches a log, whichever way it is written."""

import pytest

from msi_admin.logs import hide_secrets


@pytest.mark.parametrize(
    "line",
    [
        "GET /connections/salesforce/callback/?code=canary&state=canary",
        "POST https://login.example/token?client_secret=canary",
        "sent Authorization: Bearer canary",
        "GET /invitations/canarycanarycanarycanary/",
        "GET /help/canarycanary:canary:canarycanary/",
        "refresh_token=canary failed",
        "GET /accounts/password/reset/key/5-canary-canary/",
        "GET /accounts/login/?next=%2Finvitations%2Fcanarycanarycanary%2F",
        "GET /accounts/login/?next=/connections/salesforce/callback/%3Fcode%3Dcanary%26state%3Dcanary",
    ],
)
def test_secrets_inside_text_are_hidden(line: str) -> None:
    assert "canary" not in str(hide_secrets(None, "info", {"event": line}))


@pytest.mark.parametrize("name", ["access_token", "client_secret", "password", "Authorization", "code_verifier"])
def test_values_with_secret_names_are_hidden(name: str) -> None:
    assert hide_secrets(None, "info", {name: "canary"}) == {name: "[hidden]"}


def test_ordinary_values_stay() -> None:
    event = {"event": "request_finished", "code": 404, "request": "GET /settings/people/?q=anna&status_code=1"}
    assert hide_secrets(None, "info", event) == event
