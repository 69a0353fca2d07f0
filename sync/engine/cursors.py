"""How far the changes of an account have been followed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sync.models import Cursor, Extract, RunKind, Source, SyncRun

STREAMS = (
    Source.MARKETO_CHANGES,
    Source.MARKETO_ACTIVITIES,
    Source.MARKETO_DELETIONS,
    Source.SALESFORCE_CHANGES,
)
# Those that tell who is gone, which nobody sees who reads all that is there.
DEPARTURES = (Source.MARKETO_ACTIVITIES, Source.MARKETO_DELETIONS)
# Clocks differ, and what a long transaction of Salesforce has changed is seen minutes after the time that it carries
# (airbytehq/airbyte reads as much again): reading it twice is harmless.
OVERLAP = timedelta(minutes=10)


def streams_of(run: SyncRun, until: datetime, streams: Collection[str]) -> list[Extract]:
    """What is to be read of the streams: from where the account's last run stopped."""
    return [
        Extract(
            run=run,
            source=cursor.stream,
            window_from=cursor.since,
            window_to=until,
            locator=cursor.token,
            due_at=until,
        )
        for cursor in Cursor.objects.for_account(run.account).filter(stream__in=streams)
    ]


def move_cursors(run: SyncRun) -> None:
    """Note what the run has read, inside the transaction that changes the copy."""
    assert run.started_at  # noqa: S101 (set by the plan)
    tokens: dict[str, str] = {}
    if run.kind == RunKind.INCREMENTAL:
        tokens = dict(Extract.objects.of_run(run).filter(source__in=STREAMS).values_list("source", "locator"))
    since = run.started_at - OVERLAP
    for stream in STREAMS:
        values = {"token": tokens.get(stream, ""), "since": since}
        Cursor.objects.update_or_create(account=run.account, stream=stream, defaults=values)
