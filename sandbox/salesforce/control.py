"""What can be done to the org from outside: the actions of `POST /_sandbox/salesforce` and of the Setup pages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from sandbox.salesforce import access_state
from sandbox.salesforce.access_actions import ACCESS_ACTIONS
from sandbox.salesforce.action_bodies import Action, Body, number, object_name, text
from sandbox.salesforce.app_actions import APP_ACTIONS
from sandbox.salesforce.audit_trail import note
from sandbox.salesforce.external_apps import EXTERNAL_APP_ACTIONS
from sandbox.salesforce.grants import Grants
from sandbox.salesforce.org import Org, RowRefusal
from sandbox.salesforce.rows import long_id, row
from sandbox.salesforce.setup_actions import SETUP_ACTIONS, spoil_tooling


def act(org: Org, body: Body, username: str = "") -> None:
    """Do the action a body names, by a user or (without one) the administrator.

    Raises ValueError with a sentence that says what is wrong.
    """
    action = ACTIONS.get(str(body.get("action", "")))
    if action is None:
        raise ValueError(f"There is no Salesforce action {body.get('action')!r}. Known actions: {', '.join(ACTIONS)}.")
    action(org, body)
    if body["action"] not in SANDBOX_ACTIONS:
        note(org, body, username or org.world.settings.salesforce_user)
    org.metadata_changed_at = org.world.clock.now()


def _refuse_rows(org: Org, body: Body) -> None:
    """Refuse records written to an object, as a validation rule, a trigger or a lock would."""
    name, code = object_name(body), text(body, "code")
    message = str(body.get("message") or "The sandbox was asked to refuse this record.")
    org.refusals.append(RowRefusal(name, code, message, number(body, "every", 1), number(body, "count", 1)))


def _backdate_record(org: Org, body: Body) -> None:
    """Make the last change of a record look older than it is, as a commit that becomes visible late."""
    sobject, record_id = object_name(body), long_id(text(body, "id"))
    if record_id is None or row(org, sobject, record_id) is None:
        raise ValueError(f"{sobject} has no record {body['id']}.")
    moment = org.world.clock.now().replace(microsecond=0) - timedelta(seconds=number(body, "seconds", 0))
    kept = org.created.get(sobject, {}).get(record_id) or org.changed.setdefault(sobject, {}).setdefault(record_id, {})
    kept.update({"SystemModstamp": moment, "LastModifiedDate": moment})


def _reset(org: Org, _body: Body) -> None:
    org.reset()


# What nobody does in Setup.
SANDBOX_ACTIONS: Final[dict[str, Action]] = {
    "refuse_rows": _refuse_rows,
    "backdate_record": _backdate_record,
    "spoil_tooling": spoil_tooling,
    "reset": _reset,
}
ACTIONS: Final[dict[str, Action]] = {
    **SETUP_ACTIONS,
    **APP_ACTIONS,
    **EXTERNAL_APP_ACTIONS,
    **ACCESS_ACTIONS,
    **SANDBOX_ACTIONS,
}


def state(org: Org) -> dict[str, Any]:
    """The org's set-up, for the console page and for tests."""
    facts = org.facts
    return {
        "organization": {"id": org.id, "name": facts["Name"], "is_sandbox": org.is_sandbox},
        "package_version": org.package_version or None,
        "custom_fields": {name: list(fields) for name, fields in org.custom_fields.items()},
        "hidden_fields": {name: sorted(fields) for name, fields in org.hidden_fields.items() if fields},
        "remote_sites": [
            {"name": site.name, "url": site.url, "active": site.is_active} for site in org.remote_sites.values()
        ],
        "task_types": list(org.task_types),
        "default_task_type": org.default_task_type,
        "policies": asdict(org.policies),
        "inactive_users": sorted(org.inactive_users),
        "users_without_api": sorted(org.users_without_api),
        "permission_set_users": sorted(org.permission_set_users),
        **access_state.dump(org),
        "spoiled_tooling": org.spoiled_tooling,
        "has_record_types": org.has_record_types,
        "layout_panels": sorted(org.layout_panels),
        "dynamic_forms": sorted(org.dynamic_forms),
        "grants": len(org.keep(Grants)),
        "api_calls": org.api_calls,
    }
