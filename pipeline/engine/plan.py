"""The first step of a run: which fields and which times are read, and where the rows will land."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import AccessDenied, ApiError
from clients.marketo.client import MarketoClient
from clients.marketo.sample import oldest_created_at
from marketo_instances.schema import describe_fields, forget_schema
from pipeline.engine.budget import MarketoBudget
from pipeline.engine.client_factory import marketo_and_budget, marketo_of
from pipeline.engine.visibility import look
from pipeline.engine.windows import affordable_windows, measured_windows
from sync.engine.cursors import DEPARTURES, streams_of
from sync.engine.fields import INDISPENSABLE, readable_fields
from sync.engine.problems import RunFailed
from sync.engine.stage import stage_tables
from sync.models import Extract, Source, SyncRun
from sync.statuses import RunStatus

# The texts of error 1003 (airbytehq/airbyte#25064), where a long list is cut off, and of 1006 (Adobe, "Error Codes").
REFUSED_FIELDS = re.compile(r"Invalid fields \[([^\]]+)|Field '([^']+)' not found")
SALESFORCE_SOURCES = (Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS, Source.SALESFORCE_ROLES)


def plan(run: SyncRun) -> None:
    """Create the run's extracts and stage tables; raises RunFailed, LeaseLost or an error of clients.http."""
    started_at = timezone.now()
    client, budget = marketo_and_budget(run.account)
    with budget.call():
        known = describe_fields(client)
        check_fields(client, {field.name for field in known})
        run.fields = readable_fields(run.account, known)
        # Members of a list come in one export, whenever they were made.
        windows = [{}] if run.list_id is not None else _windows(run, _start(run.account, client), started_at, budget)
        visibility = look(run.account, client)
        # Last: the calls of the look are ours, and not another tool's for whose sake we would go slower.
        budget.learn_calls(client.usage_today())
    values = {"fields": run.fields, "visibility": visibility, "started_at": started_at, "has_leftovers": True}
    with transaction.atomic():
        run.end_step(due_at=None, status=RunStatus.EXTRACTING, **values)
        extracts = [Extract(run=run, source=source, due_at=started_at) for source in SALESFORCE_SOURCES]
        extracts += [Extract(run=run, source=Source.MARKETO_PEOPLE, due_at=started_at, **window) for window in windows]
        extracts += streams_of(run, started_at, DEPARTURES)
        Extract.objects.bulk_create(extracts)
        for table in stage_tables(run):
            table.create()


def _windows(run: SyncRun, start: datetime, end: datetime, budget: MarketoBudget) -> list[dict[str, Any]]:
    earlier = SyncRun.objects.for_account(run.account).full().last_success()
    measured = measured_windows(earlier) if earlier else []
    windows = affordable_windows(start, end, measured, budget.share.own_export_bytes)
    return [
        {"window_from": window.first, "window_to": window.last, "bytes_expected": window.size} for window in windows
    ]


def check_fields(client: MarketoClient, names: Collection[str]) -> None:
    """Raises RunFailed when the fields that lead to Salesforce are not among the names; the next run asks anew."""
    lacking = INDISPENSABLE.difference(names)
    if lacking:
        forget_schema(client)
        raise RunFailed("no_salesforce_fields", fields=", ".join(sorted(lacking)))


def drop_refused_fields(run: SyncRun, error: ApiError) -> None:
    """
    Go on without fields that Marketo lists and yet refuses to export, or no longer has.

    Raises `error` if it is another one, RunFailed when nobody can be matched without them.
    """
    found = REFUSED_FIELDS.search(error.detail)
    refused = {name.strip() for name in (found[1] or found[2]).split(",")} & set(run.fields) if found else set()
    if not refused:
        raise error
    client = marketo_of(run.account)
    forget_schema(client)
    check_fields(client, INDISPENSABLE - refused)
    with transaction.atomic():
        # Another extract of the run may be refused at the same moment.
        kept = SyncRun.objects.select_for_update().get(pk=run.pk).fields
        SyncRun.objects.filter(pk=run.pk).update(fields=[name for name in kept if name not in refused])


def _start(account: SalesAccount, client: MarketoClient) -> datetime:
    """
    Nobody was made before the first folder, but each is shown those of their own workspaces only: people who are known
    to be older, and what was read before, go further back. From the beginning of the day: windows are whole days then,
    but for those that are cut for a day's allowance.
    """
    try:
        folder = client.oldest_folder_created_at()
    except AccessDenied as error:
        raise RunFailed("no_assets_permission") from error
    if folder is None:
        raise RunFailed("no_folders")
    earlier = Extract.objects.filter(run__account=account, source=Source.MARKETO_PEOPLE)
    read = earlier.aggregate(first=Min("window_from"))["first"]
    first = min(time for time in (folder, oldest_created_at(client), read) if time)
    return first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
