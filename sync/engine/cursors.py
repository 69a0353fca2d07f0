"""How far the changes of an account have been followed."""

from datetime import timedelta

from sync.models import Cursor, Extract, RunKind, Source, SyncRun

STREAMS = (
    Source.MARKETO_CHANGES,
    Source.MARKETO_ACTIVITIES,
    Source.MARKETO_DELETIONS,
    Source.SALESFORCE_CHANGES,
)
# Clocks differ, and what a long transaction of Salesforce has changed is seen minutes after the time that it carries
# (airbytehq/airbyte reads as much again): reading it twice is harmless.
OVERLAP = timedelta(minutes=10)


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
