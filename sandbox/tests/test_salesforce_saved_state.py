"""The org's state outlives its process, and a reset undoes all of it."""

import json
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from sandbox.salesforce import saved_state, writes
from sandbox.salesforce.control import act, state
from sandbox.salesforce.grants import grant_of, new_access_token, open_grant, refresh
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows import row
from sandbox.settings import Settings
from sandbox.tests.salesforce_browser import CALLBACK
from sandbox.world import World

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
    {"action": "add_app", "consumer_key": "own-key", "consumer_secret": "own-secret", "run_as": ADMIN},
)
AWKWARD_ACTIONS: tuple[dict[str, Any], ...] = (
    {"action": "install_package", "fields": "newest", "versioned": False},
    {"action": "install_other_package", "name": "Extras", "versioned": False},
    {"action": "set_sharing", "username": ADMIN, "sees": "team", "owners": ["maria.lind@acme.example"]},
    {"action": "set_sharing", "username": "ops@demo.example", "sees": "part", "percent": 30},
    {"action": "add_permission_set", "name": "Readers"},
    {"action": "assign_permission_set", "name": "Readers", "username": ADMIN},
    {"action": "set_object_permission", "permission_set": "Readers", "object": "Lead", "view_all": True},
    {"action": "add_permission_set_group", "name": "Tools", "permission_sets": ["Readers"]},
    {"action": "assign_permission_set_group", "name": "Tools", "username": ADMIN},
    {"action": "hide_field", "object": "Lead", "name": "Email", "profile": "Sales User"},
    {"action": "add_record_types"},
    {"action": "add_layout_panel", "object": "Lead", "record_type": "Inbound"},
    {"action": "use_dynamic_forms", "object": "Contact"},
    {"action": "spoil_tooling", "object": "RemoteProxy", "how": "shape"},
)
# What ends with the process, as the module says, and what the process is.
NOT_KEPT = {"world", "_kept"}


def new_org() -> Org:
    return Org(World(Settings(people=100, seed=7, epoch=date(2026, 6, 1))))


@pytest.fixture
def org() -> Org:
    """An org in which everything was changed that an action can change."""
    org = new_org()
    for action in ACTIONS:
        act(org, action)
    return org


def restarted(org: Org) -> Org:
    """The org that a new process makes of what a state file holds."""
    later = new_org()
    saved_state.load(later, json.loads(json.dumps(saved_state.dump(org))))
    return later


def test_set_up_outlives_the_process(org: Org) -> None:
    later = restarted(org)
    assert state(later) == state(org)
    assert later.sobject("Task") == org.sobject("Task")


def test_tokens_and_sign_ins_outlive_the_process(org: Org) -> None:
    org.sessions["cookie"] = ADMIN
    org.approvals.add((ADMIN, "app"))
    grant = open_grant(org, "app", ADMIN, ("api", "refresh_token"))
    access_token = new_access_token(org, grant)
    restored = restarted(org)
    act(restored, {"action": "block_app", "blocked": False})
    assert grant_of(restored, access_token) is not None
    assert refresh(restored, "app", grant.refresh_token)[0].scopes == ("api", "refresh_token")
    assert (restored.sessions, restored.approvals) == ({"cookie": ADMIN}, {(ADMIN, "app")})


def test_written_records_outlive_the_process(org: Org) -> None:
    made = writes.create(org, org.known_sobject("Task"), {"Subject": "Call", "ActivityDate": "2026-06-02"}, ADMIN)
    account = next(org.world.salesforce_rows("Account"))["Id"]
    writes.update(org, org.known_sobject("Account"), account, {"Phone": "12345"}, ADMIN)
    later = restarted(org)
    for sobject, record_id in (("Task", made), ("Account", account)):
        assert row(later, sobject, record_id) == row(org, sobject, record_id)
    assert writes.create(later, org.known_sobject("Task"), {}, ADMIN) != made


def test_nothing_of_the_org_is_forgotten(org: Org) -> None:
    kept = {item.name for item in fields(Org)} - NOT_KEPT - {"numbers"}
    assert kept <= set(saved_state.dump(org))


def test_reset_undoes_everything(org: Org) -> None:
    act(org, {"action": "reset"})
    found = saved_state.dump(org)
    # Descriptions changed once more, which a client that polls them must hear.
    assert found == saved_state.dump(new_org()) | {"metadata_changed_at": found["metadata_changed_at"]}


def test_awkward_org_outlives_the_process() -> None:
    org = new_org()
    for action in AWKWARD_ACTIONS:
        act(org, action)
    found = saved_state.dump(restarted(org))
    assert found == saved_state.dump(org) | {"next_number": found["next_number"]}
