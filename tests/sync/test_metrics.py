"""What ops staff's monitoring is told about syncs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from accounts.models import SalesAccount
from sync import queue
from sync.querysets import LEASE
from sync.statuses import RunStatus
from tests.factories import make_extract, make_run

pytestmark = pytest.mark.django_db


def figures(client: Client) -> dict[str, float]:
    """The room's figures by name, those with a label by name and label."""
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    samples = [sample for family in families for sample in family.samples if sample.name.startswith("msi_sync_")]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def test_a_console_at_rest_has_all_figures(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    queue.note_sweep()
    with django_assert_num_queries(7):
        found = figures(client)
    assert found.pop("msi_sync_last_sweep_seconds") < 10
    assert set(found.values()) == {0}
    assert len(found) == len(RunStatus) + 4


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
