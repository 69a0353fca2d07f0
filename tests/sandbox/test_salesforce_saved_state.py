"""The org's state outlives its process, and a reset undoes all of it."""

import json
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from sandbox import salesforce
from sandbox.salesforce import writes
from sandbox.salesforce.grants import grant_of, new_access_token, open_grant, refresh
from sandbox.salesforce.org import Org, org_of
from sandbox.salesforce.rows import row
from sandbox.settings import Settings
from sandbox.world import World
from tests.sandbox.salesforce_browser import CALLBACK

ADMIN = "admin@acme.example"
ACTIONS: tuple[dict[str, Any], ...] = (
    {"action": "install_package", "version": "1.4359.2.0"},
    {"action": "set_deployed", "object": "mkto_si__Values__c", "deployed": False},
    {"action": "add_all_activity_fields"},
    {"action": "hide_field", "object": "Lead", "name": "Email"},
    {"action": "add_remote_site", "name": "Old", "url": "https://example.com", "active": False},
    {"action": "set_task_types", "values": ["Email", "Call"], "default": "Call"},
    {"action": "block_app"},
    {"action": "rotate_refresh_tokens"},
    {"action": "set_user", "username": "ops@demo.example", "active": False, "api_enabled": False},
    {"action": "assign_permission_set", "username": ADMIN},
    {"action": "set_callbacks", "values": [CALLBACK]},
    {"action": "set_daily_api_requests", "value": 7},
    {"action": "set_sandbox"},
)
# What ends with the process, as the module says, and what the process is.
NOT_KEPT = {"world", "codes", "devices", "cursors", "jobs", "ingest_jobs", "classic_jobs"}


def new_world() -> World:
    return World(Settings(people=100, seed=7, epoch=date(2026, 6, 1)))


@pytest.fixture
def world() -> World:
    """An org in which everything was changed that an action can change."""
    world = new_world()
    for action in ACTIONS:
        salesforce.control(world, action)
    return world


def saved(world: World) -> dict[str, Any]:
    """What a state file would hold."""
    found: dict[str, Any] = json.loads(json.dumps(salesforce.dump(world)))
    return found


def test_set_up_outlives_the_process(world: World) -> None:
    later = new_world()
    salesforce.load(later, saved(world))
    assert salesforce.state(later) == salesforce.state(world)
    assert org_of(later).sobject("Task") == org_of(world).sobject("Task")


def test_tokens_and_sign_ins_outlive_the_process(world: World) -> None:
    org = org_of(world)
    org.sessions["cookie"] = ADMIN
    org.approvals.add((ADMIN, "app"))
    grant = open_grant(org, ADMIN, ("api", "refresh_token"))
    access_token = new_access_token(org, grant)
    later = new_world()
    salesforce.load(later, saved(world))
    restored = org_of(later)
    salesforce.control(later, {"action": "block_app", "blocked": False})
    assert grant_of(restored, access_token) is not None
    assert refresh(restored, grant.refresh_token)[0].scopes == ("api", "refresh_token")
    assert (restored.sessions, restored.approvals) == ({"cookie": ADMIN}, {(ADMIN, "app")})


def test_written_records_outlive_the_process(world: World) -> None:
    org = org_of(world)
    made = writes.create(org, org.known_sobject("Task"), {"Subject": "Call", "ActivityDate": "2026-06-02"}, ADMIN)
    account = next(world.salesforce_rows("Account"))["Id"]
    writes.update(org, org.known_sobject("Account"), account, {"Phone": "12345"}, ADMIN)
    later = new_world()
    salesforce.load(later, saved(world))
    for sobject, record_id in (("Task", made), ("Account", account)):
        assert row(org_of(later), sobject, record_id) == row(org, sobject, record_id)
    assert writes.create(org_of(later), org.known_sobject("Task"), {}, ADMIN) != made


def test_nothing_of_the_org_is_forgotten(world: World) -> None:
    kept = {item.name for item in fields(Org)} - NOT_KEPT - {"numbers"}
    assert kept <= set(salesforce.dump(world))


def test_reset_undoes_everything(world: World) -> None:
    salesforce.control(world, {"action": "reset"})
    found = salesforce.dump(world)
    # Descriptions changed once more, which a client that polls them must hear.
    assert found == salesforce.dump(new_world()) | {"metadata_changed_at": found["metadata_changed_at"]}
