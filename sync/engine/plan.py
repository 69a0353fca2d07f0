"""The first step of a run: which fields and which times are read, and where the rows will land."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import AccessDenied, ApiError
from clients.marketo.client import MarketoClient
from clients.marketo.types import LeadField
from sync.engine.client_factory import budget_of, marketo_of
from sync.engine.cursors import DEPARTURES, streams_of
from sync.engine.fields import INDISPENSABLE, readable_fields
from sync.engine.problems import RunFailed
from sync.engine.stage import stage_tables
from sync.engine.windows import affordable_windows, measured_windows
from sync.models import Extract, Source, SyncRun
from sync.statuses import RunStatus

# The text of error 1003 (airbytehq/airbyte#25064); a long list is cut off.
REFUSED_FIELDS = re.compile(r"Invalid fields \[([^\]]+)")
SALESFORCE_SOURCES = (Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS, Source.SALESFORCE_ROLES)


def plan(run: SyncRun) -> None:
    """Create the run's extracts and stage tables; raises RunFailed, LeaseLost or an error of clients.http."""
    started_at = timezone.now()
    client, budget = marketo_of(run.account), budget_of(run.account)
    with budget.call():
        known = client.describe_fields()
        check_fields(known)
        run.fields = readable_fields(known)
        # Members of a list come in one export, whenever they were made.
        windows = [{}] if run.list_id is not None else _windows(run.account, _start(client), started_at)
        budget.learn_calls(client.usage_today())
    with transaction.atomic():
        run.end_step(
            due_at=None, status=RunStatus.EXTRACTING, fields=run.fields, started_at=started_at, has_leftovers=True
        )
        extracts = [Extract(run=run, source=source, due_at=started_at) for source in SALESFORCE_SOURCES]
        extracts += [Extract(run=run, source=Source.MARKETO_PEOPLE, due_at=started_at, **window) for window in windows]
        extracts += streams_of(run, started_at, DEPARTURES)
        Extract.objects.bulk_create(extracts)
        for table in stage_tables(run):
            table.create()


def _windows(account: SalesAccount, start: datetime, end: datetime) -> list[dict[str, Any]]:
    earlier = SyncRun.objects.for_account(account).full().last_success()
    windows = affordable_windows(start, end, measured_windows(earlier) if earlier else [])
    return [
        {"window_from": window.first, "window_to": window.last, "bytes_expected": window.size} for window in windows
    ]


def check_fields(known: Iterable[LeadField]) -> set[str]:
    """The REST names of fields; raises RunFailed when those that lead to Salesforce are not among them."""
    names = {field.name for field in known}
    if not names >= INDISPENSABLE:
        raise RunFailed("no_salesforce_fields", fields=", ".join(sorted(INDISPENSABLE - names)))
    return names


def drop_refused_fields(run: SyncRun, error: ApiError) -> None:
    """Go on without the fields that Marketo lists and yet refuses to export; raises `error` if it is another one."""
    found = REFUSED_FIELDS.search(error.detail)
    refused = {name.strip() for name in found[1].split(",")} & set(run.fields) if found else set()
    if not refused:
        raise error
    if refused & INDISPENSABLE:
        raise RunFailed("no_salesforce_fields", fields=", ".join(sorted(refused & INDISPENSABLE))) from error
    with transaction.atomic():
        # Another extract of the run may be refused at the same moment.
        kept = SyncRun.objects.select_for_update().get(pk=run.pk).fields
        SyncRun.objects.filter(pk=run.pk).update(fields=[name for name in kept if name not in refused])


def _start(client: MarketoClient) -> datetime:
    try:
        oldest = client.oldest_folder_created_at()
    except AccessDenied as error:
        raise RunFailed("no_assets_permission") from error
    if oldest is None:
        raise RunFailed("no_folders")
    return oldest
