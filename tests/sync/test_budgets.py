"""The share of the neighbours' allowances that this console takes."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import SalesAccount, User
from sync.engine.budget import CALLS_AT_A_TIME, CALLS_IN_WINDOW, DAILY_EXPORT_BYTES, MarketoBudget
from sync.engine.problems import MustWait
from sync.models import Extract, RunStatus
from sync.services import advance_run, start_sync
from tests.conftest import ClientOf
from tests.sandbox_process import SandboxProcess
from tests.sync.driving import finish, work_until


@pytest.fixture
def budget() -> MarketoBudget:
    return MarketoBudget("https://budget.mktorest.example")


def test_calls_of_twenty_seconds_are_rationed(budget: MarketoBudget) -> None:
    for _ in range(CALLS_IN_WINDOW):
        with budget.call():
            pass
    with pytest.raises(MustWait) as pause, budget.call():
        pass
    assert timedelta(0) < pause.value.wait.until - timezone.now() <= timedelta(seconds=21)


def test_calls_at_a_time_are_rationed(budget: MarketoBudget) -> None:
    with ExitStack() as calls:
        for _ in range(CALLS_AT_A_TIME):
            calls.enter_context(budget.call())
        with pytest.raises(MustWait), budget.call():
            pass
    with budget.call():
        pass


def test_instances_do_not_share_a_budget(budget: MarketoBudget) -> None:
    budget.add_export(DAILY_EXPORT_BYTES)
    MarketoBudget("https://other.mktorest.example").check_export(1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-03-08T05:59:00", "2026-03-08T06:01:00"),  # the last midnight of winter, in Chicago
        ("2026-03-09T04:59:00", "2026-03-09T05:01:00"),  # the first midnight of summer
        ("2026-11-02T05:59:00", "2026-11-02T06:01:00"),  # the first midnight of winter
    ],
)
def test_the_day_begins_at_midnight_in_chicago(budget: MarketoBudget, before: str, after: str) -> None:
    moment = datetime.fromisoformat(before).replace(tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        budget.add_export(DAILY_EXPORT_BYTES - 10)
        budget.check_export(10)
        with pytest.raises(MustWait) as pause:
            budget.check_export(11)
    assert timedelta(minutes=1) <= pause.value.wait.until - moment < timedelta(minutes=10)
    with time_machine.travel(datetime.fromisoformat(after).replace(tzinfo=UTC), tick=False):
        assert budget.spent().export_bytes == 0


@pytest.mark.django_db(transaction=True)
def test_a_run_waits_for_its_share_and_then_goes_on(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 8 and 9: the day's allowance is known before it is used up, and the run parks itself."""
    budget = MarketoBudget(sandbox.url)
    run = start_sync(account=connected, started_by=admin)
    advance_run(run.pk)
    budget.add_export(DAILY_EXPORT_BYTES + 1)
    parked = Extract.objects.of_run(run).filter(waiting_reason="marketo_quota")
    work_until(parked.exists)
    assert not [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("export/create.json")]
    budget.add_export(-DAILY_EXPORT_BYTES - 1)
    parked.update(due_at=timezone.now())
    assert finish(run).status == RunStatus.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_the_page_of_a_run_shows_the_budgets(
    connected: SalesAccount, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    run = finish(start_sync(account=connected, started_by=admin))
    page = client_of(admin).get(run.get_absolute_url())
    exports, marketo, salesforce = page.context["budgets"]
    assert exports.used == sum(Extract.objects.of_run(run).exclude(bytes=None).values_list("bytes", flat=True))
    counted = len([call for call in sandbox.get("/_sandbox/calls") if call["path"].startswith(("/rest", "/bulk"))])
    assert 0 < marketo.used <= counted
    assert salesforce.used > 0
    assert "of 500 MB" in page.content.decode()
