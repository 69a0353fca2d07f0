"""Envelope, limits, and the smaller Marketo endpoints."""

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo

DESCRIBE = "/rest/v1/leads/describe.json"
USERS = "/userservice/management/v1/users"


def test_sales_activity_types_only_with_actions(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    assert "Click Sales Email" in {kind["name"] for kind in marketo.result("/rest/v1/activities/types.json")}
    sandbox.post("/_sandbox/switches", {"actions_enabled": False})
    assert "Click Sales Email" not in {kind["name"] for kind in marketo.result("/rest/v1/activities/types.json")}


def test_oldest_folder_is_older_than_the_first_person(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    answer = marketo.get("/rest/asset/v1/folders.json", maxDepth=1)
    assert (answer["errors"], answer["warnings"]) == ([], [])
    made = answer["result"][0]["createdAt"]
    assert made.endswith("Z+0000")
    assert made < marketo.result("/rest/v1/lead/1.json")[0]["createdAt"]
    assert "result" not in marketo.get("/rest/asset/v1/folders.json", offset=100)
