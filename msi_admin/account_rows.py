"""Which rows belong to a Sales account: found by the foreign keys of all rooms, so that no new table is forgotten."""

from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, QuerySet

from accounts.models import SalesAccount, User

# A user has no key of an account: the member refers to both.
OF_USER = "member__account"


def account_tables() -> dict[type[Model], str]:
    """Every model whose rows belong to an account, with the lookup that leads from a row to it; users by membership."""
    paths: dict[type[Model], str] = {SalesAccount: "pk", User: OF_USER}
    models = [model for model in apps.get_models(include_auto_created=True) if model not in paths]
    for model in models:
        if direct := _key_to(model, {SalesAccount: ""}):
            paths[model] = direct
    while found := {model: path for model in models if model not in paths and (path := _key_to(model, paths))}:
        paths |= found
    return paths


def rows_of(account_id: int) -> dict[type[Model], QuerySet[Any]]:
    """The rows of an account by model."""
    return {
        model: model._base_manager.filter(**{path: account_id})  # noqa: SLF001  no manager of a room may hide rows
        for model, path in account_tables().items()
    }


def count_rows(account_id: int) -> dict[str, int]:
    """
    How many rows of each table, by the name of the model, without those that are empty. Users and what lets them in
    are not among them: they may have a place elsewhere.
    """
    tables = account_tables()
    counts = {
        model._meta.label: rows.count()  # noqa: SLF001
        for model, rows in rows_of(account_id).items()
        if not tables[model].endswith(OF_USER)
    }
    return {label: count for label, count in sorted(counts.items()) if count}


def _key_to(model: type[Model], paths: dict[type[Model], str]) -> str:
    """The lookup by the first key of a model that leads to one of these; empty when none does."""
    keys = [field for field in model._meta.local_fields if isinstance(field, ForeignKey)]  # noqa: SLF001
    for key in keys:
        path = paths.get(key.related_model)
        if path is not None:
            return key.name if key.related_model is SalesAccount else f"{key.name}__{path}"
    return ""
