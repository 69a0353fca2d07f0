"""What a full sync leaves behind, kept by the first test that wants it and put back for the others."""

from typing import Any

from django.db.models import Model

from accounts.models import SalesAccount, User
from sync.models import Cursor, Extract, Person, SyncRun

# In the order of their keys to each other.
LEFT_BEHIND: tuple[type[Model], ...] = (SyncRun, Extract, Cursor, Person)
Rows = dict[type[Model], list[dict[str, Any]]]


def take() -> Rows:
    return {model: list(model._default_manager.order_by("pk").values()) for model in LEFT_BEHIND}


def put_back(rows: Rows, account: SalesAccount, started_by: User) -> None:
    """The same rows, keys and all, as if they were this account's and had been ordered by this user."""
    keys = {"account_id": account.pk, "started_by_id": started_by.pk}
    for model, kept in rows.items():
        theirs = {name: keys[name] for name in keys.keys() & kept[0].keys()}
        model._default_manager.bulk_create(model(**row | theirs) for row in kept)
