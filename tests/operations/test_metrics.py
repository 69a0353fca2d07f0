"""What ops staff's monitoring is told about syncs."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from accounts.models import SalesAccount, User
from accounts.occurrences import begin
from common.queues import LATER, lists_of
from common.redis_client import redis_client
from history.models import ChangeDelay
from operations import workers
from sync import queue
from sync.events import COPY_OLD
from sync.policies import Schedule
from sync.querysets import LEASE
from sync.statuses import RunStatus
from tests.factories import (
    make_account,
    make_cursor,
    make_extract,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for answers that do not come."""
    monkeypatch.setattr(workers, "_ask", dict)


def figures(client: Client) -> dict[str, float]:
    """The room's figures by name, those with a label by name and label."""
    # They are kept for a few seconds.
    cache.delete("figures")
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_a_console_at_rest_has_all_figures(client: Client) -> None:
    queue.note_sweep()
    found = {name: value for name, value in figures(client).items() if name.startswith("msi_sync_")}
    assert found.pop("msi_sync_last_sweep_seconds") < 10
    found = {name: value for name, value in found.items() if "duration" not in name}
    assert set(found.values()) == {0}
    assert len(found) == len(RunStatus) + 4


def test_as_many_queries_for_many_accounts_as_for_one(client: Client) -> None:
    seen = []
    for _ in range(2):
        account = make_account()
        make_cursor(account)
        make_extract(make_run(account, RunStatus.EXTRACTING))
        make_marketo_connection(account)
        make_salesforce_connection(account, calls_per_day=100, calls_used_today=85)
        with CaptureQueriesContext(connection) as queries:
            found = figures(client)
        seen.append(len(queries))
    assert seen[0] == seen[1] < 40
    assert found["msi_allowance_used_ratio salesforce_calls"] == 0.85
    assert found["msi_allowance_low_accounts salesforce_calls"] == 2
    with CaptureQueriesContext(connection) as queries:
        client.get("/metrics")
    assert not [query for query in queries if "sync_" in query["sql"]]


def test_without_redis_rows_are_told_all_the_same(
    client: Client, account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr(queue, "redis_client", lambda: away)
    make_salesforce_connection(account)
    found = figures(client)
    assert "msi_sync_last_sweep_seconds" not in found
    assert found["msi_accounts never"] == 1
    assert found["msi_connections salesforce connected"] == 1
    assert (found["msi_sync_runs failed"], found["msi_notifications_pending"]) == (0, 0)


def test_no_figure_says_whose_it_is(client: Client, account: SalesAccount, admin: User) -> None:
    make_run(account)
    make_cursor(account)
    make_marketo_connection(account, owner=admin)
    cache.delete("figures")
    page = client.get("/metrics").content.decode()
    for text in (account.name, account.slug, admin.email, "mktorest.com"):
        assert text not in page


def test_copies_by_age_and_accounts_by_state(client: Client, account: SalesAccount) -> None:
    make_account()
    cursor = make_cursor(account)
    make_marketo_connection(account)
    make_salesforce_connection(account)
    type(cursor).objects.update(since=timezone.now() - timedelta(hours=2))
    found = figures(client)
    assert (found["msi_accounts late"], found["msi_accounts never"]) == (1, 1)
    assert (found["msi_copy_age_seconds_bucket 3600.0"], found["msi_copy_age_seconds_bucket 14400.0"]) == (0, 1)
    assert 7200 <= found["msi_copy_oldest_seconds"] < 7300
    Schedule.objects.create(account=account, off_until=timezone.now().date() + timedelta(days=2))
    assert figures(client)["msi_copy_oldest_seconds"] == 0


def test_messages_of_a_queue_and_how_long_the_first_has_waited(client: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=40), tick=True):
        current_app.send_task("sync.tasks.sweep")
    current_app.send_task("sync.tasks.sweep")
    found = figures(client)
    assert found["msi_queue_messages sweep"] == 2
    assert 39 < found["msi_queue_oldest_message_seconds sweep"] < 60
    assert found["msi_queue_oldest_message_seconds bulk"] == 0
    with time_machine.travel(timezone.now() - timedelta(seconds=90), tick=True):
        current_app.send_task("sync.tasks.sweep", priority=LATER)
    found = figures(client)
    assert found["msi_queue_messages sweep"] == 3
    assert 89 < found["msi_queue_oldest_message_seconds sweep"] < 120
    redis_client().delete(*lists_of("sweep"))
    # As a version before this one sends it.
    redis_client().lpush("sweep", json.dumps({"headers": {}}))
    assert figures(client)["msi_queue_oldest_message_seconds sweep"] == 0


def test_workers_of_each_queue(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures(client)["msi_queue_workers bulk"] == 0
    answers = {"one": {"queues": ["bulk", "mail"], "busy": 0}, "two": {"queues": ["bulk"], "busy": 1}}
    monkeypatch.setattr(workers, "_ask", lambda: answers)
    cache.delete("operations:workers")
    found = figures(client)
    assert [found[f"msi_queue_workers {name}"] for name in ("bulk", "mail", "sweep")] == [2, 1, 0]


def test_freshness_and_what_needs_somebody(client: Client, account: SalesAccount) -> None:
    make_cursor(account)
    ChangeDelay.objects.create(account=account, hour=timezone.now(), seconds=60, changes=90)
    ChangeDelay.objects.create(account=account, hour=timezone.now(), seconds=3600, changes=10)
    begin(COPY_OLD, account=account)
    found = figures(client)
    assert [found[f"msi_freshness_delay_seconds {percent}"] for percent in (50, 95, 99)] == [60, 3600, 3600]
    assert (found["msi_freshness_promises missed"], found["msi_freshness_promises kept"]) == (1, 0)
    assert found[f"msi_needs {COPY_OLD.key} " + ("urgent" if COPY_OLD.is_urgent else "not_urgent")] == 1


def test_runs_are_counted_by_state(client: Client, account: SalesAccount) -> None:
    for status in (RunStatus.FAILED, RunStatus.FAILED, RunStatus.MERGING):
        make_run(account, status)
    found = figures(client)
    assert (found["msi_sync_runs failed"], found["msi_sync_runs merging"]) == (2, 1)


def test_a_run_of_which_an_export_waits_is_a_waiting_run(client: Client, account: SalesAccount) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    for _ in range(2):
        make_extract(run, waiting_reason="marketo_quota")
    assert figures(client)["msi_sync_waiting_runs"] == 1


def test_rows_a_second_and_the_silence_of_workers(client: Client, account: SalesAccount) -> None:
    run, now = make_run(account, RunStatus.EXTRACTING), timezone.now()
    make_extract(
        run,
        rows_shown=5_000,
        load_started_at=now - timedelta(seconds=10),
        due_at=now,
        # The worker gave its last sign of life seven seconds ago.
        lease_until=now + LEASE - timedelta(seconds=7),
    )
    found = figures(client)
    assert 400 < found["msi_sync_rows_per_second"] <= 510
    assert 7 <= found["msi_sync_silent_seconds"] < 10


def test_nobody_is_missed_while_a_person_holds_the_run(client: Client, account: SalesAccount) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    held: dict[str, Any] = {"due_at": long_ago, "lease_until": long_ago}
    run = make_run(account, RunStatus.EXTRACTING, paused_at=long_ago, **held)
    make_extract(run, **held)
    assert figures(client)["msi_sync_silent_seconds"] == 0
