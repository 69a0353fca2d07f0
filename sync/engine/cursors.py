"""How far the changes of an account have been followed."""

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise

from sync.models import Cursor, Extract, RunKind, Source, SyncRun
from sync.statuses import RunStatus

STREAMS = (
    Source.MARKETO_CHANGES,
    Source.MARKETO_ACTIVITIES,
    Source.MARKETO_DELETIONS,
    Source.SALESFORCE_CHANGES,
)
# Where nothing else is seen to happen, deletions are read so often.
DELETIONS_EVERY = timedelta(minutes=20)
# Those that tell who is gone, which nobody sees who reads all that is there.
DEPARTURES = (Source.MARKETO_ACTIVITIES, Source.MARKETO_DELETIONS)
# Clocks differ, and what a long transaction of Salesforce has changed is seen minutes after the time that it carries
# (airbytehq/airbyte reads as much again): reading it twice is harmless.
OVERLAP = timedelta(minutes=10)


def read_at(since: datetime) -> datetime:
    """When all was last read by an account whose changes are followed from `since` on."""
    return since + OVERLAP


def streams_of(run: SyncRun, until: datetime, streams: Collection[str]) -> list[Extract]:
    """What is to be read of the streams: from where the account's last run stopped, or from before a gap."""
    whole = _last_before_gap(run) if run.kind == RunKind.INCREMENTAL else None
    cursors = Cursor.objects.for_account(run.account).filter(stream__in=streams)
    for cursor in cursors:
        # Who is gone has no fields.
        if whole and whole.started_at and cursor.stream != Source.MARKETO_DELETIONS:
            cursor.token, cursor.since = "", whole.started_at - OVERLAP
    return [
        Extract(
            run=run,
            source=cursor.stream,
            window_from=_beginning(cursor),
            window_to=until,
            locator=cursor.token,
            due_at=until,
        )
        for cursor in cursors
    ]


def begins_before(extract: Extract, run: SyncRun) -> bool:
    """Is what `run` had read of a stream read once more?"""
    if not extract.window_from or not run.started_at:
        return False
    return extract.window_from < run.started_at - OVERLAP - DELETIONS_EVERY


def _last_before_gap(run: SyncRun) -> SyncRun | None:
    """
    The last run up to which all fields of `run` were read, where later ones lacked some and only the latest did not:
    who changed meanwhile has old values in them. Not earlier: the latest shows that Marketo refuses them no more.
    """
    full = SyncRun.objects.for_account(run.account).full().last_success()
    assert full  # noqa: S101 (a run of changes begins after one)
    done = SyncRun.objects.for_account(run.account).filter(status=RunStatus.SUCCEEDED, pk__gte=full.pk)
    done = done.exclude(kind=RunKind.UNDO).only("fields", "started_at").order_by("-pk")
    if [_has_read(one, run.fields) for one in done[:2]] != [True, False]:
        return None
    # Of two runs in a row that lack nothing, the second has read again what was missed before the first.
    runs: list[SyncRun] = [*done, full]
    return next(one for one, before in pairwise(runs) if _has_read(one, run.fields) and _has_read(before, run.fields))


def _has_read(run: SyncRun, fields: Collection[str]) -> bool:
    return set(run.fields).issuperset(fields)


def _beginning(cursor: Cursor) -> datetime:
    """Where a stream is read from if Marketo no longer knows the token."""
    return cursor.since - (DELETIONS_EVERY if cursor.stream == Source.MARKETO_DELETIONS else timedelta())


def move_cursors(run: SyncRun) -> None:
    """Note what the run has read, inside the transaction that changes the copy."""
    assert run.started_at  # noqa: S101 (set by the plan)
    since, tokens = run.started_at - OVERLAP, _tokens(run)
    read = [
        Cursor(account=run.account, stream=stream, token=token, since=since)
        for stream, token in tokens.items()
        if token is not None
    ]
    Cursor.objects.bulk_create(
        read, update_conflicts=True, unique_fields=["account", "stream"], update_fields=["token", "since"]
    )
    # A stream that was not read, because nothing had happened, goes on where it stood.
    unread = [stream for stream, token in tokens.items() if token is None]
    Cursor.objects.for_account(run.account).filter(stream__in=unread).update(since=since)


def _tokens(run: SyncRun) -> dict[str, str | None]:
    """Where each stream goes on: from a time after a full run, None where it was not read."""
    if run.kind != RunKind.INCREMENTAL:
        return dict.fromkeys(STREAMS, "")
    read = dict(Extract.objects.of_run(run).filter(source__in=STREAMS).values_list("source", "locator"))
    return {stream: read.get(stream) for stream in STREAMS}
