"""
Most five minutes bring nothing: one call to Marketo shows that, where reading each stream takes three.

It asks for the activities of all kinds that matter, of whatever fields. Where there is none, no stream has anything to
tell; where there is one, or the answer proves nothing, each stream is read as it always was.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import SalesAccount
from clients.http import ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.marketo.client import MarketoClient
from clients.marketo.types import ChangesPage
from marketo_instances.schema import activity_types
from sync.engine.cursors import DELETIONS_EVERY, STREAMS, streams_of
from sync.models import Cursor, Extract, RunKind, Source, SyncRun
from sync.statuses import ExtractStatus

# Read in any case. The activities come first, so that nothing falls between them and the others.
ALWAYS = (Source.MARKETO_ACTIVITIES, Source.SALESFORCE_CHANGES)
# What the streams beside the activities tell, as types of activities.
TOLD_BY_OTHERS = {"New Lead", "Change Data Value", "Delete Lead"}
# Where Marketo does not list these, an empty page proves nothing.
MUST_BE_KNOWN = {"New Lead", "Change Data Value"}


def first_streams(account: SalesAccount, now: datetime) -> list[str]:
    """The streams that a run of changes begins with."""
    deletions = Extract.objects.filter(run__account=account, source=Source.MARKETO_DELETIONS)
    # Without a mark they have not been read since a run has put their cursor back.
    cursors = Cursor.objects.for_account(account).filter(stream=Source.MARKETO_DELETIONS).exclude(token="")
    if cursors.exists() and deletions.filter(loaded_at__gt=now - DELETIONS_EVERY).exists():
        return list(ALWAYS)
    # Nobody says whether Marketo lists deletions among the activities.
    return [*ALWAYS, Source.MARKETO_DELETIONS]


def is_first_look(extract: Extract) -> bool:
    """Is this the step that decides whether the other streams are read?"""
    is_beginning = extract.source == Source.MARKETO_ACTIVITIES and extract.status == ExtractStatus.PLANNED
    return is_beginning and extract.run.kind == RunKind.INCREMENTAL


def look(extract: Extract, client: MarketoClient, activities: set[str]) -> ChangesPage | None:
    """
    The empty page of the activities while nothing has happened, otherwise None.

    Raises those errors of clients.http after which reading the streams would be no use either.
    """
    known = activity_types(client)
    if not known.keys() >= MUST_BE_KNOWN:
        return None
    wanted = (activities | TOLD_BY_OTHERS) & known.keys()
    try:
        page = client.activities(extract.locator, [known[name] for name in wanted])
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except ApiError:
        return None
    return None if page.person_ids or page.has_more else page


@transaction.atomic
def read_all_streams(extract: Extract) -> None:
    """Something has happened: read the streams with which the run did not begin; raises LeaseLost."""
    # Its row first: cancelling takes the two in this order too.
    run = SyncRun.objects.select_for_update().get(pk=extract.run_id)
    extract.write(status=ExtractStatus.LOADING, locator=extract.locator)
    begun = set(Extract.objects.of_run(run).values_list("source", flat=True))
    assert run.started_at  # noqa: S101 (set by the plan)
    Extract.objects.bulk_create(streams_of(run, run.started_at, [name for name in STREAMS if name not in begun]))
