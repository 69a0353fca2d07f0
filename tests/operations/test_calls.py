"""How many calls are made, and what of the day's allowances is used."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import Service
from operations.calls import calls_by_hour
from operations.fleet import HOURS
from pipeline.allowances import AllowanceKind, allowances_of, budgets_of
from pipeline.engine.budget import MarketoBudget
from sync.models import SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import (
    make_account,
    make_extract,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)
from tests.pages import text_of

PAGE = "/ops/"


def test_calls_of_an_hour_are_those_of_the_rows_and_stand_beside_what_is_allowed(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    make_marketo_connection(account)
    make_salesforce_connection(account, calls_per_day=1204, calls_used_today=2)
    now = timezone.now()
    run = make_run(account, finished_at=now, marketo_calls=2, salesforce_calls=1)
    make_extract(run, loaded_at=now - timedelta(hours=3), marketo_calls=4)
    # Failed with its run, and one that goes on.
    make_extract(run, marketo_calls=8)
    make_extract(make_run(account, RunStatus.EXTRACTING), heartbeat_at=now - timedelta(hours=3), salesforce_calls=16)
    make_extract(make_run(make_account(), finished_at=now), marketo_calls=100)
    make_run(account, finished_at=now - timedelta(hours=25), marketo_calls=1000)
    made = calls_by_hour([account], HOURS)
    assert (made[Service.MARKETO][-1], made[Service.MARKETO][-4], sum(made[Service.MARKETO])) == (10, 4, 14)
    assert (made[Service.SALESFORCE][-1], made[Service.SALESFORCE][-4]) == (1, 16)
    page = text_of(client_of(ops).get(f"{PAGE}?account={account.slug}"))
    assert "Syncs made 14 in 24 hours, at most 10 in an hour; 25,000 a day are allowed." in page
    assert "Syncs made 17 in 24 hours, at most 16 in an hour; 1,204 a day are allowed." in page


def test_the_allowance_that_is_used_most_is_shown_however_many_accounts_there_are(
    ops: User, client_of: ClientOf
) -> None:
    for number in range(25):
        make_salesforce_connection(make_account(f"Acme {number}"), calls_per_day=1000, calls_used_today=1)
    make_salesforce_connection(make_account("Zebra"), calls_per_day=1000, calls_used_today=920)
    page = text_of(client_of(ops).get(PAGE)).partition("Allowances of the day")[2]
    assert page.count("Salesforce calls today") == 10
    assert "the 10 that are used most, of 26" in page
    assert page.index("920 / 1,000") < page.index("1 / 1,000")


def test_the_limit_that_is_nearer_says_whose_calls_it_counts(account: SalesAccount) -> None:
    """ "4 of 25,000" became "36 of 50,000" within seconds, both under "Marketo calls today"."""
    connected = make_marketo_connection(account)
    found = []
    for made_by_others in (0, 20_000):
        MarketoBudget(connected.endpoint).count_call()
        MarketoBudget(connected.endpoint).learn_calls(made_by_others)
        [calls] = [one for one in budgets_of(account) if one.kind == AllowanceKind.MARKETO_CALLS]
        found.append(f"{calls.label}: {calls.used_text} / {calls.allowed_text}")
    assert found == ["Marketo calls today: 1 / 25,000", "Marketo calls of all tools today: 20,000 / 50,000"]


def test_allowances_of_many_accounts_cost_no_more_queries(account: SalesAccount) -> None:
    make_marketo_connection(account)
    make_salesforce_connection(account)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            found = allowances_of(list(SalesAccount.objects.all()))
        # The query for the accounts themselves is the test's.
        assert {one for one, _allowance in found} == set(SalesAccount.objects.all())
        return len(queries)

    before = cost()
    for _ in range(3):
        other = make_account()
        make_marketo_connection(other)
        make_salesforce_connection(other)
    assert cost() == before


def test_calls_are_counted_once_a_minute_and_without_old_runs(account: SalesAccount) -> None:
    now = timezone.now()
    old = make_run(account, finished_at=now - timedelta(days=30))
    make_extract(old, heartbeat_at=now, marketo_calls=1000)
    run = make_run(account, finished_at=now, marketo_calls=2)
    assert sum(calls_by_hour([account], HOURS)[Service.MARKETO]) == 2
    SyncRun.objects.filter(pk=run.pk).update(marketo_calls=4)
    assert sum(calls_by_hour([account], HOURS)[Service.MARKETO]) == 2
    assert sum(calls_by_hour([account, make_account()], HOURS)[Service.MARKETO]) == 4
