"""The first step of a run: which fields and which times are read, and where the rows will land."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connections.http import AccessDenied
from connections.marketo.client import MarketoClient
from sync.engine.clients import budget_of, marketo_of
from sync.engine.fields import INDISPENSABLE, readable_fields
from sync.engine.problems import RunFailed
from sync.engine.stage import stage_tables
from sync.models import Extract, RunStatus, Source, SyncRun

SECOND = timedelta(seconds=1)
# Both ends of a window count, so one of 31 days minus a second is the longest that Marketo takes.
LONGEST_WINDOW = timedelta(days=31) - SECOND
SALESFORCE_SOURCES = (Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS, Source.SALESFORCE_ROLES)


def plan(run: SyncRun) -> None:
    """Create the run's extracts and stage tables; raises RunFailed, LeaseLost or an error of connections.http."""
    started_at = timezone.now()
    client, budget = marketo_of(run.account), budget_of(run.account)
    with budget.call():
        run.fields = fields_of(client)
        windows = list(month_windows(_start(client), started_at))
        budget.learn_calls(client.usage_today())
    with transaction.atomic():
        run.end_step(
            due_at=None, status=RunStatus.EXTRACTING, fields=run.fields, started_at=started_at, has_leftovers=True
        )
        extracts = [Extract(run=run, source=source, due_at=started_at) for source in SALESFORCE_SOURCES]
        extracts += [
            Extract(run=run, source=Source.MARKETO_PEOPLE, window_from=first, window_to=last, due_at=started_at)
            for first, last in windows
        ]
        Extract.objects.bulk_create(extracts)
        for table in stage_tables(run):
            table.create()


def month_windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Ascending windows that cover every second from `start` to `end`, none in two of them; ends are included."""
    first = start.replace(microsecond=0)
    while first <= end:
        last = min(first + LONGEST_WINDOW, end.replace(microsecond=0))
        yield first, last
        first = last + SECOND


def fields_of(client: MarketoClient) -> list[str]:
    """The REST names to read; raises RunFailed when the instance lacks those that lead to Salesforce."""
    known = {field.name for field in client.describe_fields()}
    if not known >= INDISPENSABLE:
        raise RunFailed("no_salesforce_fields", fields=", ".join(sorted(INDISPENSABLE - known)))
    return readable_fields(known)


def _start(client: MarketoClient) -> datetime:
    try:
        oldest = client.oldest_folder_created_at()
    except AccessDenied as error:
        raise RunFailed("no_assets_permission") from error
    if oldest is None:
        raise RunFailed("no_folders")
    return oldest
