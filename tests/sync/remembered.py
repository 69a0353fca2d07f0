"""What a full sync leaves behind, kept by the first test that wants it and put back for the others."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from sandbox.testing import SandboxProcess
from sync.models import Cursor, Extract, Person, SyncRun

# In the order of their keys to each other.
LEFT_BEHIND: tuple[type[Model], ...] = (SyncRun, Extract, Cursor, Person)
# What both looked like to it, without which a later run holds everybody it is not shown for hidden.
CONNECTIONS: tuple[type[Model], ...] = (MarketoConnection, SalesforceConnection)
SEEN = ("visibility", "visibility_checked_at")
# Of a sandbox's state, what a sync does not depend on.
PASSING = ("now", "calls", "messages")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Remembered:
    """Rows by model, as they were at a moment."""

    rows: dict[type[Model], Rows]
    at: datetime


def world_of(sandbox: SandboxProcess) -> str:
    """What a full sync of this sandbox depends on: which it is, and what a test has made of it."""
    state = sandbox.get("/_sandbox/state")
    return sandbox.url + json.dumps({name: value for name, value in state.items() if name not in PASSING})


def take() -> Remembered:
    rows = {model: list(model._default_manager.order_by("pk").values()) for model in LEFT_BEHIND}
    seen = {model: list(model._default_manager.values(*SEEN)) for model in CONNECTIONS}
    return Remembered(rows | seen, timezone.now())


def put_back(remembered: Remembered, account: SalesAccount, started_by: User) -> None:
    """The same rows, keys and all, as if they were this account's and this user had ordered them just now."""
    keys = {"account_id": account.pk, "started_by_id": started_by.pk}
    rows = {model: _made_now(rows, remembered.at) for model, rows in remembered.rows.items()}
    for model in LEFT_BEHIND:
        theirs = {name: keys[name] for name in keys.keys() & rows[model][0].keys()}
        model._default_manager.bulk_create(model(**row | theirs) for row in rows[model])
    for model in CONNECTIONS:
        model._default_manager.filter(account=account).update(**rows[model][0])


def _made_now(rows: Rows, at: datetime) -> Rows:
    age = timezone.now() - at
    return [
        {name: value + age if isinstance(value, datetime) else value for name, value in row.items()} for row in rows
    ]
