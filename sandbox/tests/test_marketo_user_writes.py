"""Users invited, changed and deleted through Marketo's user management."""

from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo

USERS = "/userservice/management/v1/users"
ELENA = f"{USERS}/elena.rossi@acme.example"
NEW = {
    "emailAddress": "nova@acme.example",
    "firstName": "Nova",
    "lastName": "Lind",
    "userRoleWorkspaces": [{"accessRoleId": 1, "workspaceId": 0}],
}


def write(marketo: Marketo, path: str, body: Any = None) -> requests.Response:
    return marketo.send("POST", path, json=body)


def addresses(marketo: Marketo) -> set[str]:
    return {user["emailAddress"] for user in marketo.send("GET", f"{USERS}/allusers.json").json()}


def test_invited_person_is_pending_and_gets_a_mail(sandbox: SandboxProcess, marketo: Marketo) -> None:
    assert write(marketo, f"{USERS}/invite.json", NEW).json() is True
    assert marketo.send("GET", f"{USERS}/nova@acme.example/invite.json").json()["status"] == "pending"
    assert "nova@acme.example" not in addresses(marketo)
    [mail] = sandbox.get("/_sandbox/mailbox")
    assert (mail["to"], mail["subject"]) == (["nova@acme.example"], "Marketo Login Information")
    assert write(marketo, f"{USERS}/invite.json", NEW).status_code == 400
    assert write(marketo, f"{USERS}/nova@acme.example/invite/delete.json").status_code == 200
    assert marketo.send("GET", f"{USERS}/nova@acme.example/invite.json").status_code == 404


def test_invitation_is_forgotten_after_a_week(sandbox: SandboxProcess, marketo: Marketo) -> None:
    write(marketo, f"{USERS}/invite.json", NEW)
    sandbox.post("/_sandbox/clock", {"advance_seconds": 7 * 86_400 + 1})
    later = Marketo(sandbox.url)
    assert later.send("GET", f"{USERS}/nova@acme.example/invite.json").status_code == 404


def test_api_only_user_needs_no_invitation(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"ims_users": True})
    assert write(marketo, f"{USERS}/invite.json", NEW).status_code == 403
    assert write(marketo, f"{USERS}/invite.json", NEW | {"apiOnly": True}).json() is True
    assert "nova@acme.example" in addresses(marketo)
    assert sandbox.get("/_sandbox/mailbox") == []


def test_attributes_are_changed_and_the_id_stays(marketo: Marketo) -> None:
    changes = {"lastName": "Russo", "emailAddress": "elena@acme.example", "expiresAt": "20301231T08:00:00.000t+0000"}
    user = write(marketo, f"{ELENA}/update.json", changes).json()
    assert (user["userid"], user["lastName"]) == ("elena.rossi@acme.example", "Russo")
    assert user == marketo.send("GET", f"{ELENA}/user.json").json()
    assert user["expiresAt"] == "2030-12-31T08:00:00.000t+0000"
    assert write(marketo, f"{ELENA}/update.json", {"shoeSize": 40}).status_code == 400


def test_roles_come_and_go(marketo: Marketo) -> None:
    admin = [{"accessRoleId": 1, "workspaceId": 0}]
    names = [role["accessRoleName"] for role in write(marketo, f"{ELENA}/roles/create.json", admin).json()]
    assert names == ["Standard User", "Admin"]
    left = write(marketo, f"{ELENA}/roles/delete.json", [{"accessRoleId": 2, "workspaceId": 0}]).json()
    assert left == marketo.send("GET", f"{ELENA}/roles.json").json()
    assert [role["accessRoleName"] for role in left] == ["Admin"]
    assert write(marketo, f"{ELENA}/roles/delete.json", admin).status_code == 400


def test_deleted_user_is_gone(marketo: Marketo) -> None:
    assert write(marketo, f"{ELENA}/delete.json").status_code == 200
    assert write(marketo, f"{ELENA}/delete.json").status_code == 404
    assert "elena.rossi@acme.example" not in addresses(marketo)


@pytest.mark.parametrize(
    "changes",
    [
        {"emailAddress": ""},
        {"userRoleWorkspaces": []},
        {"userRoleWorkspaces": [{"accessRoleId": 999, "workspaceId": 0}]},
        {"expiresAt": "one day"},
    ],
)
def test_bad_invitations_are_refused(marketo: Marketo, changes: dict[str, Any]) -> None:
    answer = write(marketo, f"{USERS}/invite.json", NEW | changes)
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)
