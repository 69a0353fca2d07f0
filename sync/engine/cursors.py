"""How far the changes of an account have been followed."""

from collections.abc import Collection
from datetime import datetime, timedelta

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
    """What is to be read of the streams: from where the account's last run stopped."""
    return [
        Extract(
            run=run,
            source=cursor.stream,
            window_from=_beginning(cursor),
            window_to=until,
            locator=cursor.token,
            due_at=until,
        )
        for cursor in Cursor.objects.for_account(run.account).filter(stream__in=streams)
    ]


def _beginning(cursor: Cursor) -> datetime:
    """Where a stream is read from if Marketo no longer knows the token."""
    return cursor.since - (DELETIONS_EVERY if cursor.stream == Source.MARKETO_DELETIONS else timedelta())


def move_cursors(run: SyncRun) -> None:
    """Note what the run has read, inside the transaction that changes the copy."""
    assert run.started_at  # noqa: S101 (set by the plan)
    since, behind = run.started_at - OVERLAP, _kept_behind(run)
    tokens = {stream: token for stream, token in _tokens(run).items() if stream not in behind}
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


def _kept_behind(run: SyncRun) -> set[str]:
    """
    Streams that go on from further back, where this run has waited, and one that had read before it has ended since:
    what that one wrote, this one left alone as read since, and both know nothing of each other's deletions.
    """
    assert run.started_at  # noqa: S101 (set by the plan)
    if not run.is_resumed:
        return set()
    ended = SyncRun.objects.for_account(run.account).filter(status=RunStatus.SUCCEEDED, finished_at__gt=run.started_at)
    if not ended.filter(started_at__lt=run.started_at).exists():
        return set()
    cursors = Cursor.objects.for_account(run.account).filter(since__lt=run.started_at - OVERLAP)
    return set(cursors.values_list("stream", flat=True))


def _tokens(run: SyncRun) -> dict[str, str | None]:
    """
    Where each stream goes on: from a time after a full run, None where it was not read. Of what a run that had waited
    has not read others have gone on since: whoever it brings in may have been deleted meanwhile.
    """
    if run.kind != RunKind.INCREMENTAL:
        return dict.fromkeys(STREAMS, "")
    read = dict(Extract.objects.of_run(run).filter(source__in=STREAMS).values_list("source", "locator"))
    unread = "" if run.is_resumed else None
    return {stream: read.get(stream, unread) for stream in STREAMS}
