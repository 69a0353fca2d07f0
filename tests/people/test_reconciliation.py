"""Marketo, Salesforce and the copy side by side."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import SalesforceConnection
from people.differences import Line
from people.reconciliation import EXAMPLES, GONE
from pipeline.engine.preview import find_lists
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run
from sync.models import Person
from sync.services import start_sync
from tests.conftest import ClientOf
from tests.sync.conftest import Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import sync_changes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("connected")]

PAGE = "/ops/sync/reconciliation/"


def lines(browser: Client) -> dict[str, Line]:
    """The page's lines by label, counted anew."""
    return {str(line.label): line for line in browser.post(PAGE, follow=True).context["lines"]}


def test_everybody_stands_in_one_line(sync: Sync, browser: Client, sandbox: SandboxProcess) -> None:
    """Pain 1 and 2: whether the copy is whole is seen by reason, in all three places."""
    run = sync()
    found = lines(browser)
    state = sandbox.get("/_sandbox/state")
    assert sum(line.marketo or 0 for line in found.values()) == run.seen
    visible = state["salesforce"]["Lead"] + state["salesforce"]["Contact"]
    assert sum(line.salesforce or 0 for line in found.values()) == visible
    belonging = found["In both systems, with a sales owner"]
    assert (belonging.marketo, belonging.copy) == (run.synced, run.synced)
    assert found["Owned by a queue"].marketo == found["Owned by a queue"].salesforce == run.skipped["queue_owner"]


def test_differences_are_explained(
    sync: Sync, browser: Client, connected: SalesAccount, sandbox: SandboxProcess
) -> None:
    run = sync()
    leads = Person.objects.for_account(connected).live().filter(salesforce_type="Lead").order_by("marketo_id")[:2]
    leaving = [person.marketo_id for person in leads]
    sandbox.post("/_sandbox/people", {"action": "reown", "ids": leaving, "owner": "queue"})
    sync_changes(connected)
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 400})
    found = lines(browser)
    belonging = found["In both systems, with a sales owner"]
    assert belonging.copy == run.synced - 2
    assert "have no person of their own in Marketo as last read" in str(belonging.why)
    assert "0 arrived in the copy and 2 left it" in str(belonging.why)
    assert found["Owned by a queue"].gone == 2


def test_whoever_stayed_because_of_a_rejected_row_has_not_arrived(
    sync: Sync, browser: Client, connected: SalesAccount, sandbox: SandboxProcess
) -> None:
    sync()
    missing = Person.objects.for_account(connected).live()[0]
    missing.marketo_id = 999_999
    missing.save(force_insert=True)
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "export:bad_row", "count": 1})
    run = sync()
    assert run.rejected
    assert run.people == run.synced + 1
    belonging = lines(browser)["In both systems, with a sales owner"]
    assert belonging.copy == run.people == Person.objects.for_account(connected).live().count()
    assert "0 arrived in the copy and 0 left it" in str(belonging.why)


def test_after_a_sync_of_a_list_nobody_else_is_missed(
    sync: Sync, browser: Client, connected: SalesAccount, admin: User
) -> None:
    everybody = sync().synced
    (newsletter,) = find_lists(connected, "Newsletter")
    run = finish(start_sync(account=connected, started_by=admin, only=newsletter))
    approve_run(run=run, approved_by=admin)
    run = finish(run)
    found = lines(browser)
    belonging = found["In both systems, with a sales owner"]
    assert str(belonging.why).startswith("Only members of the list Newsletter were read. Since ")
    assert "no person of their own" not in str(belonging.why)
    assert belonging.copy == run.synced
    assert found["Not on the chosen list"].gone == everybody - run.synced


def test_counting_does_not_fetch_everybody_who_is_gone(synced: SalesAccount, browser: Client) -> None:
    gone = Person.objects.for_account(synced).filter(marketo_id__lte=100)
    gone.update(removed_at=timezone.now(), removed_reason="deleted_in_salesforce")
    with CaptureQueriesContext(connection) as queries:
        found = lines(browser)
    assert len(found["Deleted in Salesforce"].examples) == EXAMPLES
    of_people = [query["sql"] for query in queries if 'FROM "sync_person"' in query["sql"]]
    assert len(of_people) == 1 + len(GONE)
    assert all("GROUP BY" in sql or f"LIMIT {EXAMPLES}" in sql for sql in of_people)


@pytest.mark.usefixtures("synced")
def test_examples_lead_to_the_reason(browser: Client) -> None:
    found = lines(browser)
    for label, rule in (("Owned by a queue", "a queue owns"), ("Not in Salesforce", "no lead or contact")):
        example = found[label].examples[0]
        person = browser.post("/ops/sync/why/", {"q": example}).headers["Location"]
        assert rule in browser.get(f"{person}?ask=1").content.decode()


def test_examples_are_people_who_exist(sync: Sync, browser: Client, sandbox: SandboxProcess) -> None:
    """In an old instance the first people were deleted or merged long ago."""
    sandbox.post("/_sandbox/switches", {"first_ids_gone": 300})
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 20})
    unlinked = sandbox.post("/_sandbox/people", {"action": "create", "kind": "marketo_only", "count": 20})["ids"]
    sync()
    examples = lines(browser)["Not in Salesforce"].examples
    assert len(examples) == EXAMPLES
    assert {int(example) for example in examples} <= set(unlinked)


@pytest.mark.usefixtures("synced")
def test_what_was_counted_stays_with_its_time(browser: Client, sandbox: SandboxProcess) -> None:
    before = lines(browser)
    calls = len(sandbox.get("/_sandbox/calls"))
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        page = browser.get(PAGE)
    assert "an hour ago" in page.content.decode()
    assert [line.salesforce for line in page.context["lines"]] == [line.salesforce for line in before.values()]
    assert len(sandbox.get("/_sandbox/calls")) == calls


def test_before_the_first_sync_there_is_nothing_to_compare(browser: Client) -> None:
    assert "before the first full sync has ended" in browser.post(PAGE, follow=True).content.decode()


@pytest.mark.usefixtures("synced")
def test_without_a_connection_the_old_counts_stay(browser: Client, salesforce_connection: SalesforceConnection) -> None:
    lines(browser)
    salesforce_connection.delete()
    page = browser.post(PAGE, follow=True)
    assert "not connected to Salesforce" in page.content.decode()
    assert page.context["lines"]


@pytest.mark.usefixtures("synced")
def test_a_refusal_of_salesforce_is_explained(browser: Client, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/query", "kind": "salesforce:daily_limit"})
    page = browser.post(PAGE)
    assert "has used all its API calls" in page.content.decode()


def test_nobody_counts_for_another_account(
    synced: SalesAccount, stranger: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    page = client_of(stranger).post(PAGE, {"account": synced.slug}, follow=True)
    assert page.context["account"] == stranger.member.account
    assert not page.context.get("lines")
