"""The share of the providers' allowances that this console takes."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients.http import RateLimited
from connections.marketo_share import MarketoShare
from connections.models import MarketoInstance, SalesforceConnection
from operations.progress import progress_of
from pipeline.engine.budget import (
    CALLS_AT_A_TIME,
    CALLS_IN_WINDOW,
    CALLS_IN_WINDOW_ALONE,
    SLOW_EXPORTS,
    MarketoBudget,
)
from pipeline.runner import advance_extract, advance_run
from sandbox.testing import SandboxProcess
from sync.engine.problems import MustWait
from sync.engine.stage import StageTable
from sync.models import Extract
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.conftest import ClientOf
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.usefixtures("servers")

BYTES_A_DAY = MarketoShare().own_export_bytes


@pytest.fixture
def budget() -> MarketoBudget:
    return MarketoBudget(f"https://{uuid4().hex}.mktorest.example")


def test_calls_of_twenty_seconds_are_rationed(budget: MarketoBudget) -> None:
    take_calls(budget, CALLS_IN_WINDOW)
    with pytest.raises(MustWait) as pause, budget.call():
        pass
    assert timedelta(0) < pause.value.wait.until - timezone.now() <= timedelta(seconds=21)


def test_while_nobody_else_calls_more_is_taken(budget: MarketoBudget) -> None:
    budget.learn_calls(1_000)
    take_calls(budget, 3)
    # Marketo has counted the same, and a health check.
    budget.learn_calls(1_004)
    take_calls(budget, CALLS_IN_WINDOW_ALONE - 3)
    with pytest.raises(MustWait), budget.call():
        pass


@pytest.mark.parametrize("sign", ["count", "refusal"])
def test_the_first_sign_of_another_tool_halves_what_is_taken(budget: MarketoBudget, sign: str) -> None:
    """Pain 9: other tools of the customer do not starve."""
    budget.learn_calls(1_000)
    budget.learn_calls(1_000)
    if sign == "count":
        budget.learn_calls(1_100)
    else:
        with pytest.raises(RateLimited), budget.call():
            raise RateLimited("marketo", "606")
    with pytest.raises(MustWait):
        take_calls(budget, CALLS_IN_WINDOW + 1)


def take_calls(budget: MarketoBudget, count: int) -> None:
    for _ in range(count):
        with budget.call():
            pass


def test_calls_at_a_time_are_rationed(budget: MarketoBudget) -> None:
    with ExitStack() as calls:
        for _ in range(CALLS_AT_A_TIME):
            calls.enter_context(budget.call())
        with pytest.raises(MustWait), budget.call():
            pass
    with budget.call():
        pass


def test_instances_do_not_share_a_budget(budget: MarketoBudget) -> None:
    budget.add_export(BYTES_A_DAY)
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
        budget.add_export(BYTES_A_DAY - 10)
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
    budget.add_export(BYTES_A_DAY + 1)
    parked = Extract.objects.of_run(run).filter(waiting_reason="marketo_export_share")
    work_until(parked.exists)
    assert not [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("export/create.json")]
    budget.add_export(-BYTES_A_DAY - 1)
    parked.update(due_at=timezone.now())
    assert finish(run).status == RunStatus.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_an_export_is_asked_about_by_marketos_rhythm(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Early at first; once some exports were seen to take longer, once a minute as Marketo renews what it tells."""
    sandbox.post("/_sandbox/switches", {"export_seconds": 3_600})
    run = start_sync(account=connected, started_by=admin)
    exports = Extract.objects.of_run(run).filter(source="marketo_people")
    work_until(exports.filter(status=ExtractStatus.RUNNING).exists)
    early = exports.filter(status=ExtractStatus.RUNNING).earliest("requested_at")
    assert early.requested_at
    budget = MarketoBudget(sandbox.url)
    assert [next_look_at_age(early, seconds) for seconds in (2, 6, 15)] == [6, 15, 30]
    assert budget.early_looks_pay()
    assert [next_look_at_age(early, 30) for _ in range(SLOW_EXPORTS)] == [60] * SLOW_EXPORTS
    assert not budget.early_looks_pay()
    assert [next_look_at_age(early, seconds) for seconds in (2, 150)] == [60, 180]
    budget.learn_early_look(pays=True)
    assert budget.early_looks_pay()


def next_look_at_age(extract: Extract, seconds: int) -> int:
    """Seconds from the request to the next look, after one at that age."""
    now = timezone.now()
    Extract.objects.filter(pk=extract.pk).update(requested_at=now - timedelta(seconds=seconds), due_at=now)
    advance_extract(extract.pk)
    extract.refresh_from_db()
    assert extract.due_at
    assert extract.requested_at
    return round((extract.due_at - extract.requested_at).total_seconds())


@pytest.mark.parametrize(
    ("own", "everybody", "percent", "may_go"),
    [
        (0, 0, 50, True),
        (4_979, 4_979, 50, True),
        (4_980, 4_980, 50, False),  # a step makes up to twenty calls
        (4_980, 4_980, 60, True),
        (10, 8_999, 50, True),
        (10, 9_000, 100, False),  # others have used the rest
    ],
)
def test_the_share_of_a_day_is_not_exceeded(own: int, everybody: int, percent: int, *, may_go: bool) -> None:
    budget = MarketoBudget(f"https://{uuid4().hex}.mktorest.example", MarketoShare(10_000, percent=percent))
    budget._add("own", own)
    budget._add("calls", everybody)
    if may_go:
        take_calls(budget, 1)
        return
    with pytest.raises(MustWait) as pause, budget.call():
        pass
    assert pause.value.wait.reason == "marketo_daily_share"


@pytest.mark.django_db(transaction=True)
def test_a_run_keeps_to_the_share_of_its_instance(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    MarketoInstance.objects.update(daily_calls=1_000, share_percent=3)
    run = start_sync(account=connected, started_by=admin)
    parked = Extract.objects.of_run(run).filter(waiting_reason="marketo_daily_share")
    work_until(parked.exists)
    made = [call for call in sandbox.get("/_sandbox/calls") if call["path"].startswith(("/rest", "/bulk", "/users"))]
    assert 10 <= len(made) <= 30
    MarketoInstance.objects.update(share_percent=50)
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
    counting = ("/rest", "/bulk", "/userservice", "/identity")
    counted = len([call for call in sandbox.get("/_sandbox/calls") if call["path"].startswith(counting)])
    assert 0 < marketo.used <= counted
    # Nearer to its limit than everybody's calls: this console's own, of its half.
    assert (marketo.used, marketo.allowed) == (MarketoBudget(sandbox.url).spent().own_calls, MarketoShare().own_calls)
    assert exports.allowed == MarketoShare().own_export_bytes
    assert salesforce.used > 0
    assert exports.allowed_text == "250 MB"


@pytest.mark.django_db(transaction=True)
def test_the_last_of_the_salesforce_calls_is_left_to_others(
    connected: SalesAccount, admin: User, salesforce_connection: SalesforceConnection
) -> None:
    """Pain 9: the run stops early, keeps what it has read, and says when it goes on."""
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED, source="salesforce_leads").exists)
    this = SalesforceConnection.objects.filter(pk=salesforce_connection.pk)
    this.update(calls_per_day=15_000, calls_used_today=14_000)
    contacts = Extract.objects.of_run(run).filter(source="salesforce_contacts")
    contacts.update(status=ExtractStatus.READY, due_at=timezone.now(), rows_loaded=0, locator="")
    StageTable(run, "salesforce_contacts").empty()
    advance_extract(contacts.get().pk)
    waiting = progress_of(run, list(contacts)).waiting
    assert waiting
    assert "left to other tools" in str(waiting.reason)
    assert waiting.until
    this.update(calls_used_today=100)
    contacts.update(due_at=timezone.now())
    assert finish(run).status == RunStatus.SUCCEEDED
