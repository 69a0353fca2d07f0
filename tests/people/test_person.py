"""The page of one person: where they stand, the rule step by step, their fields, and what became of them."""

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import AuditEvent, SalesAccount, User
from connections.asking import asking
from history.models import Change, ChangeKind
from people.person import SHOWN
from people.trace import Answer, Step, trace_of
from people.why import AT_A_TIME, Found, ask
from pipeline.engine.preview import find_lists
from sandbox.testing import SandboxProcess
from sync.audit_actions import SyncAction
from sync.decisions import undo_run
from sync.eligibility import Decision, Reason
from sync.models import HeldPerson, Person, SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_people, make_run
from tests.pages import text_of
from tests.sync.conftest import Change as ChangePeople
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes
from tests.sync.test_nobody_leaves import share

pytestmark = pytest.mark.django_db(transaction=True)

YES, NO, CANNOT_TELL, NOT_ASKED = Answer.YES, Answer.NO, Answer.CANNOT_TELL, Answer.NOT_ASKED


def address(marketo_id: int) -> str:
    return f"/settings/people/{marketo_id}/"


def page_of(browser: Client, marketo_id: int, **params: Any) -> str:
    return text_of(browser.get(address(marketo_id), params))


# Where somebody stands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "In the copy"),
        ({"removed_at": timezone.now(), "removed_reason": "queue_owner"}, "Not in the copy: Owned by a queue"),
        (
            {"hidden_reason": "not_shown_by_salesforce"},
            "In the copy, but not shown by Salesforce since",
        ),
        ({"hidden_reason": "not_shown_by_marketo"}, "In the copy, but not shown by Marketo since"),
    ],
)
def test_the_page_says_where_somebody_stands(
    account: SalesAccount, browser: Client, fields: dict[str, Any], sentence: str
) -> None:
    since = datetime(2026, 11, 5, 12, tzinfo=UTC)
    sentence = f"{sentence} {date_format(since, 'DATE_FORMAT')}" if "since" in sentence else sentence
    fields = fields | ({"hidden_since": since} if "hidden_reason" in fields else {})
    make_people(account, first_id=7001, last_name="Ek", **fields)
    page = page_of(browser, 7001)
    assert f"{sentence} </span>" in page.replace("</span>", " </span>")
    assert "<code>7001</code>" in page


def test_somebody_who_was_never_copied_has_a_page(browser: Client) -> None:
    page = page_of(browser, 7001)
    assert "Not in the copy: never copied" in page
    assert "No change is recorded" in page


def test_somebody_who_was_erased_has_a_page(account: SalesAccount, browser: Client) -> None:
    nothing: dict[str, Any] = {"before": {}, "after": {}, "kind": ChangeKind.ERASED}
    Change.objects.create(account=account, marketo_id=7001, run_id=9, at=timezone.now(), **nothing)
    page = page_of(browser, 7001)
    assert "Not in the copy: erased" in page
    assert "Erased: the details were deleted" in page
    assert "run 9" in page


@pytest.mark.parametrize("marketo_id", [10**18, 10**40])
def test_numbers_that_no_person_has_are_not_found(browser: Client, marketo_id: int) -> None:
    assert browser.get(address(marketo_id)).status_code in {200, 404}
    assert browser.get(address(marketo_id), {"before": marketo_id}).status_code in {200, 404}


# The rule, step by step ------------------------------------------------------------------------------


def answers(account: SalesAccount, marketo_id: int) -> list[Answer]:
    """Of the steps; the rule says yes exactly if each of them does."""
    found = ask(account, marketo_id)
    lines = trace_of(found)
    assert (found.reason is None) == all(line.answer == YES for line in lines)
    return [line.answer for line in lines]


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        ("lead", None, [YES, YES, YES, YES]),
        ("contact", None, [YES, YES, YES, YES]),
        ("converted", None, [YES, YES, YES, YES]),
        ("queue_lead", Reason.QUEUE_OWNER, [YES, YES, YES, NO]),
        ("marketo_only", Reason.NOT_IN_SALESFORCE, [YES, NO, NOT_ASKED, NOT_ASKED]),
        ("deleted_lead", Reason.DELETED_IN_SALESFORCE, [YES, YES, NO, NOT_ASKED]),
        ("deleted_contact", Reason.DELETED_IN_SALESFORCE, [YES, YES, NO, NOT_ASKED]),
    ],
)
def test_each_kind_of_record(
    connected: SalesAccount, change: ChangePeople, kind: str, reason: Reason | None, expected: list[Answer]
) -> None:
    (person,) = change("create", kind=kind)
    assert ask(connected, person).reason == reason
    assert answers(connected, person) == expected


def test_who_was_deleted_merged_or_taken_back(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    deleted, winner, loser = ids(synced, "Lead", 3)
    change("delete", deleted)
    change("merge", winner, loser)
    (added,) = change("create", kind="lead")
    run = sync_changes(synced)
    assert answers(synced, deleted) == answers(synced, loser) == [NO, NOT_ASKED, NOT_ASKED, NOT_ASKED]
    assert ask(synced, loser).reason == Reason.MERGED_IN_MARKETO
    finish(undo_run(run=run, undone_by=admin))
    assert answers(synced, added) == [YES, YES, YES, YES]
    change("delete", added)
    assert ask(synced, added).reason == Reason.TAKEN_BACK
    assert answers(synced, added) == [CANNOT_TELL, NOT_ASKED, NOT_ASKED, NOT_ASKED]


def test_who_is_gone_and_still_in_the_copy(
    synced: SalesAccount, admin: User, browser: Client, change: ChangePeople
) -> None:
    """A run had read of the deletion, and was taken back or waits: the page said that Marketo had not said so."""
    person, winner, loser = ids(synced, "Lead", 3)
    change("delete", person)
    change("merge", winner, loser)
    run = sync_changes(synced)
    finish(undo_run(run=run, undone_by=admin))
    assert answers(synced, person) == answers(synced, loser) == [NO, NOT_ASKED, NOT_ASKED, NOT_ASKED]
    page = page_of(browser, person, ask=1)
    assert f"Deleted in Marketo, as run {run.pk} read on" in page
    assert "still in the copy and leaves it with the next full sync at the latest" in page
    assert page.count("no such person") == page.count("not asked</span>") == len(SHOWN)
    held = make_run(synced, RunStatus.HELD, finished_at=timezone.now())
    HeldPerson.objects.create(run=held, marketo_id=person, reason=Reason.DELETED_IN_MARKETO)
    assert f"leaves it when an Admin approves run {held.pk}." in page_of(browser, person, ask=1)


def test_who_is_not_shown(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    person = ids(synced, "Contact", 1)[0]
    share(sandbox, "part", percent=0)
    SyncRun.objects.update(visibility={})
    assert ask(synced, person).reason == Reason.NOT_SHOWN_BY_SALESFORCE
    assert answers(synced, person) == [YES, YES, CANNOT_TELL, NOT_ASKED]
    SyncRun.objects.update(visibility={"Lead": {"verdict": "all"}, "Contact": {"verdict": "all"}})
    assert ask(synced, person).reason == Reason.NOT_IN_SALESFORCE
    assert answers(synced, person) == [YES, YES, NO, NOT_ASKED]
    assert ask(synced, 999_999_999).reason == Reason.NOT_SHOWN_BY_MARKETO
    assert answers(synced, 999_999_999) == [CANNOT_TELL, NOT_ASKED, NOT_ASKED, NOT_ASKED]


@pytest.mark.usefixtures("young_company")
def test_the_list_is_asked_where_one_is_chosen(connected: SalesAccount, change: ChangePeople) -> None:
    """Every third person is on it; whoever is not is left out whatever Salesforce says."""
    (newsletter,) = find_lists(connected, "Newsletter")
    make_run(connected, RunStatus.SUCCEEDED, list_id=newsletter.list_id, list_name=newsletter.name)
    people = [change("create", kind="lead")[0] for _ in range(3)]
    listed = [trace_of(ask(connected, person))[-1] for person in people]
    assert {line.step for line in listed} == {Step.LISTED}
    others = [person for person, line in zip(people, listed, strict=True) if line.answer == NO]
    assert {ask(connected, person).reason for person in others} == {Reason.NOT_IN_LIST}
    assert "Newsletter" in str(listed[0].fact)


def test_no_owner_at_all() -> None:
    decision = Decision("Lead", {"Id": "00Q", "OwnerId": None, "Owner": None}, Reason.NO_OWNER)
    lines = trace_of(Found(7, Reason.NO_OWNER, None, decision, lead_id="00Q"))
    assert [line.answer for line in lines] == [YES, YES, YES, NO]
    assert str(lines[-1].fact) == "Nobody owns the record."


# The live question -----------------------------------------------------------------------------------


def test_the_fragment_brings_the_trace_and_what_both_systems_say(
    synced: SalesAccount, browser: Client, change: ChangePeople
) -> None:
    person = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").earliest("marketo_id")
    whole = page_of(browser, person.marketo_id)
    assert f'hx-get="{address(person.marketo_id)}?ask=1" hx-trigger="load"' in whole
    assert "Marketo now" not in whole
    change("change", person.marketo_id, fields={"title": "Chair"})
    answer = browser.get(address(person.marketo_id), {"ask": 1}, headers={"HX-Request": "true"})
    fragment = text_of(answer)
    assert answer.headers["Vary"].count("HX-Request") == 1
    assert "<html" not in fragment
    assert 'hx-trigger="load"' not in fragment
    assert "Belongs in the copy" in fragment
    assert "differs:</span> <bdi>Chair</bdi></strong>" in fragment
    assert str(person.owner_name) in fragment
    marketo = {str(row.label): row.marketo for row in answer.context["rows"]}
    differing = [label for label, cell in marketo.items() if cell and cell.is_different]
    assert differing == ["Title"]
    assert "<html" in page_of(browser, person.marketo_id, ask=1), "without scripts the same address is the page"


def test_errors_are_problems_and_can_be_asked_again(
    synced: SalesAccount, browser: Client, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": r"leads\.json", "kind": "marketo:603"})
    person = ids(synced, "Lead", 1)[0]
    page = page_of(browser, person, ask=1)
    assert "lacks a permission" in page
    assert "Ask again" in page
    assert "Nothing could be asked" in page


def test_those_who_ask_leave_threads_to_other_accounts(synced: SalesAccount, browser: Client) -> None:
    """A provider that hangs kept as many threads of the web as somebody had opened pages: all of them, for a minute."""
    person = ids(synced, "Lead", 1)[0]
    with ExitStack() as others:
        for _one in range(AT_A_TIME):
            assert "this one was not asked" not in page_of(browser, person, ask=1)
            others.enter_context(asking("people", synced.pk, places=AT_A_TIME))
        assert "this one was not asked" in page_of(browser, person, ask=1)


def test_without_a_connection_the_page_says_which(account: SalesAccount, browser: Client) -> None:
    assert "not connected to Salesforce" in page_of(browser, 7001, ask=1)


def test_whoever_may_only_read_people_does_not_ask(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    make_people(account, first_id=7001, last_name="Ek")
    page = page_of(client_of(member), 7001, ask=1)
    assert "Ek" in page
    assert "The rule, step by step" not in page
    assert "hx-get" not in page


# History ---------------------------------------------------------------------------------------------


def test_two_runs_and_an_undo(synced: SalesAccount, admin: User, browser: Client, change: ChangePeople) -> None:
    person = ids(synced, "Lead", 1)[0]
    owner = Person.objects.for_account(synced).get(marketo_id=person).owner_name
    title = Person.objects.for_account(synced).get(marketo_id=person).title
    change("change", person, fields={"title": "Chair"})
    first = sync_changes(synced)
    change("reown", person, owner="queue")
    second = sync_changes(synced)
    undo = finish(undo_run(run=second, undone_by=admin))
    entries = browser.get(address(person)).context["entries"]
    told = [(str(entry.sentence), run) for entry, run in entries]
    assert told == [
        ("Came back into the copy", undo),
        ("Left the copy: Owned by a queue", second),
        ("Changed in the copy", first),
    ]
    (difference,) = entries[-1][0].differences
    assert (str(difference.label), difference.before, difference.after) == ("Title", title or "", "Chair")
    page = page_of(browser, person)
    assert f'href="/ops/sync/{first.pk}/">Incremental sync, run {first.pk}</a>' in page
    assert str(owner) in page


def test_a_run_that_is_gone_is_a_number_and_nobody_without_the_right_gets_a_link(
    account: SalesAccount, admin: User, member: User, client_of: ClientOf
) -> None:
    run = make_run(account)
    for number in (1, run.pk):
        values: dict[str, Any] = {
            "kind": ChangeKind.UPDATED,
            "before": {"owner_id": "005a"},
            "after": {"owner_id": "005b"},
        }
        Change.objects.create(account=account, marketo_id=7001, run_id=number, at=timezone.now(), **values)
    page = page_of(client_of(admin), 7001)
    assert "User ID of the sales owner: <bdi>005a</bdi>" in page
    assert "run 1" in page
    assert run.get_absolute_url() in page
    assert run.get_absolute_url() not in page_of(client_of(member), 7001)


def test_the_page_costs_the_same_with_a_long_history(account: SalesAccount, browser: Client) -> None:
    make_people(account, first_id=7001)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address(7001)).status_code == 200
        return len(captured)

    browser.get(address(7001))
    before = queries()
    for _ in range(30):
        run = make_run(account)
        values: dict[str, Any] = {"kind": ChangeKind.UPDATED, "before": {"title": "a"}, "after": {"title": "b"}}
        Change.objects.create(account=account, marketo_id=7001, run_id=run.pk, at=timezone.now(), **values)
    assert queries() <= before + 1, "the runs, where there are any"


# Who may look ----------------------------------------------------------------------------------------


def test_ops_staff_leave_a_trace_once_an_hour(
    account: SalesAccount, ops: User, admin: User, client_of: ClientOf
) -> None:
    make_people(account, 2, first_id=7001, last_name="Ek")
    browser = client_of(ops)
    for number in (7001, 7001, 7002):
        assert "Ek" in text_of(browser.get(f"/ops/accounts/{account.slug}/people/{number}/"))
    client_of(admin).get(f"/ops/accounts/{account.slug}/people/7001/")
    events = AuditEvent.objects.filter(action=SyncAction.PERSON_VIEWED)
    assert list(events.values_list("actor", "account", "target").order_by("target")) == [
        (ops.pk, account.pk, "7001"),
        (ops.pk, account.pk, "7002"),
    ]


@pytest.mark.usefixtures("linked_instance")
def test_a_marketo_admin_of_the_instance_looks_and_a_stranger_does_not(
    account: SalesAccount, marketo_admin: User, stranger: User, client_of: ClientOf
) -> None:
    make_people(account, first_id=7001, last_name="Ekström")
    watched = f"/ops/accounts/{account.slug}/people/7001/"
    assert "Ekström" in text_of(client_of(marketo_admin).get(watched))
    assert client_of(stranger).get(watched).status_code == 404
    # The token of a form is any letters of ASCII.
    assert "Ekström" not in page_of(client_of(stranger), 7001)
    assert not AuditEvent.objects.filter(action=SyncAction.PERSON_VIEWED).exists()


def test_the_page_speaks_swedish(synced: SalesAccount, browser: Client, change: ChangePeople) -> None:
    person = ids(synced, "Lead", 1)[0]
    change("reown", person, owner="queue")
    sync_changes(synced)
    browser.cookies["django_language"] = "sv"
    page = page_of(browser, person, ask=1)
    for text in ("Inte i kopian: Ägs av en kö", "Regeln, steg för steg", "Lämnade kopian: Ägs av en kö", "är en kö."):
        assert text in page


def test_the_list_leads_there_and_marks_the_hidden(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    make_run(account, RunStatus.SUCCEEDED, finished_at=timezone.now())
    make_people(account, first_id=7001, last_name="Ek")
    make_people(account, first_id=7002, hidden_reason="not_shown_by_salesforce", hidden_since=timezone.now())
    page = text_of(client_of(member).get("/settings/people/"))
    assert 'href="/settings/people/7001/"' in page
    assert page.count("not shown since") == 1
