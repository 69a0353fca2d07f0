"""Marketo, Salesforce and the copy side by side."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import SalesforceConnection
from sync.models import Person
from sync.reconciliation import Line
from tests.conftest import ClientOf
from tests.sandbox_process import SandboxProcess
from tests.sync.conftest import Sync

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/ops/sync/reconciliation/"


@pytest.fixture
def browser(connected: SalesAccount, admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


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
    leaving = Person.objects.of_account(connected).live()[:2].values_list("marketo_id")
    Person.objects.filter(marketo_id__in=leaving).update(removed_at=timezone.now(), removed_reason="queue_owner")
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 400})
    found = lines(browser)
    belonging = found["In both systems, with a sales owner"]
    assert belonging.copy == run.synced - 2
    assert "have no person of their own in Marketo as last read" in str(belonging.why)
    assert "0 arrived in the copy and 2 left it" in str(belonging.why)
    assert found["Owned by a queue"].gone == 2


def test_examples_lead_to_the_reason(sync: Sync, browser: Client) -> None:
    sync()
    found = lines(browser)
    for label, rule in (("Owned by a queue", "owned by a queue"), ("Not in Salesforce", "not linked to a lead")):
        example = found[label].examples[0]
        assert rule in browser.post("/ops/sync/why/", {"q": example}).content.decode()


def test_what_was_counted_stays_with_its_time(sync: Sync, browser: Client, sandbox: SandboxProcess) -> None:
    sync()
    before = lines(browser)
    calls = len(sandbox.get("/_sandbox/calls"))
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        page = browser.get(PAGE)
    assert "an hour ago" in page.content.decode()
    assert [line.salesforce for line in page.context["lines"]] == [line.salesforce for line in before.values()]
    assert len(sandbox.get("/_sandbox/calls")) == calls


def test_before_the_first_sync_there_is_nothing_to_compare(browser: Client) -> None:
    assert "before the first full sync has ended" in browser.post(PAGE, follow=True).content.decode()


def test_without_a_connection_the_old_counts_stay(
    sync: Sync, browser: Client, salesforce_connection: SalesforceConnection
) -> None:
    sync()
    lines(browser)
    salesforce_connection.delete()
    page = browser.post(PAGE, follow=True)
    assert "not connected to Salesforce" in page.content.decode()
    assert page.context["lines"]


def test_a_refusal_of_salesforce_is_explained(sync: Sync, browser: Client, sandbox: SandboxProcess) -> None:
    sync()
    sandbox.post("/_sandbox/faults", {"path": "/query", "kind": "salesforce:daily_limit"})
    page = browser.post(PAGE)
    assert "has used all its API calls" in page.content.decode()


def test_nobody_counts_for_another_account(
    sync: Sync, connected: SalesAccount, stranger: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sync()
    page = client_of(stranger).post(PAGE, {"account": connected.slug}, follow=True)
    assert page.context["account"] == stranger.member.account
    assert not page.context.get("lines")
