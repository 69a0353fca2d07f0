"""What a full sync leaves behind, kept by the first test that wants it and put back for the others."""

from typing import Any

from django.db.models import Model

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from sync.models import Cursor, Extract, Person, SyncRun

# In the order of their keys to each other.
LEFT_BEHIND: tuple[type[Model], ...] = (SyncRun, Extract, Cursor, Person)
# What both looked like to it, without which a later run holds everybody it is not shown for hidden.
CONNECTIONS: tuple[type[Model], ...] = (MarketoConnection, SalesforceConnection)
SEEN = ("visibility", "visibility_checked_at")
Rows = dict[type[Model], list[dict[str, Any]]]


def take() -> Rows:
    left = {model: list(model._default_manager.order_by("pk").values()) for model in LEFT_BEHIND}
    return left | {model: list(model._default_manager.values(*SEEN)) for model in CONNECTIONS}


def put_back(rows: Rows, account: SalesAccount, started_by: User) -> None:
    """The same rows, keys and all, as if they were this account's and had been ordered by this user."""
    keys = {"account_id": account.pk, "started_by_id": started_by.pk}
    for model in LEFT_BEHIND:
        theirs = {name: keys[name] for name in keys.keys() & rows[model][0].keys()}
        model._default_manager.bulk_create(model(**row | theirs) for row in rows[model])
    for model in CONNECTIONS:
        model._default_manager.filter(account=account).update(**rows[model][0])
