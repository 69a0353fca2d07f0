"""What the pages of this room say."""

import re
from datetime import timedelta
from typing import Literal
from unicodedata import normalize

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import SalesAccount, User
from common.paging import PAGE_SIZE
from connections.models import MarketoInstance
from sync.audit_actions import SyncAction
from sync.engine.fields import SYNCED_FIELDS
from sync.models import Person, RejectedRow, RunKind, Source, SyncRun
from sync.querysets import MOST_FOUND
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_account, make_extract, make_people, make_run
from tests.pages import rows_of, text_of
from tests.sync.conftest import PREVIEW, Sync

# Runs ------------------------------------------------------------------------------------------------


def test_a_stranger_sees_only_their_own(
    account: SalesAccount, stranger: User, admin: User, client_of: ClientOf
) -> None:
    run = make_run(account)
    make_people(account, 1, last_name="Lind")
    make_run(stranger.member.account)
    page = client_of(stranger).get("/ops/sync/").content.decode()
    assert run.get_absolute_url() not in page
    assert "Lind" not in client_of(stranger).get("/settings/people/").content.decode()
    assert run.get_absolute_url() in client_of(admin).get("/ops/sync/").content.decode()


def test_the_list_says_what_to_do_while_it_is_empty(ops: User, client_of: ClientOf) -> None:
    assert "Nothing has been synced yet" in client_of(ops).get("/ops/sync/").content.decode()


def test_the_list_filters_and_pages(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    failed = make_run(account, RunStatus.FAILED)
    runs = [make_run(account) for _ in range(PAGE_SIZE)]
    browser = client_of(ops)
    first = browser.get("/ops/sync/")
    assert [run.pk for run in first.context["page"].rows] == [run.pk for run in reversed(runs)]
    older = browser.get(f"/ops/sync/?before={first.context['page'].older}")
    assert [run.pk for run in older.context["page"].rows] == [failed.pk]
    newer = browser.get(f"/ops/sync/?after={older.context['page'].newer}")
    assert [run.pk for run in newer.context["page"].rows] == [run.pk for run in reversed(runs)]
    filtered = browser.get("/ops/sync/?status=failed&kind=full")
    assert [run.pk for run in filtered.context["page"].rows] == [failed.pk]
    assert browser.get("/ops/sync/?kind=incremental").context["page"].rows == []


def test_the_list_says_why_runs_failed_and_finds_what_is_under_way(
    account: SalesAccount, stranger: User, ops: User, client_of: ClientOf
) -> None:
    make_run(account, RunStatus.FAILED, failure="marketo_credentials")
    ours = make_run(account, RunStatus.EXTRACTING)
    theirs = make_run(stranger.member.account, RunStatus.PLANNING)
    paused = make_run(make_account("Paused"), RunStatus.EXTRACTING, paused_at=timezone.now())
    waiting = make_run(make_account("Waiting"), RunStatus.EXTRACTING, waiting_reason="marketo_quota")
    browser = client_of(ops)
    assert browser.get("/ops/sync/?status=paused").context["page"].rows == [paused]
    assert browser.get("/ops/sync/?status=waiting").context["page"].rows == [waiting]
    assert "Marketo refused the Client ID" in browser.get("/ops/sync/").content.decode()
    assert browser.get("/ops/sync/?status=unfinished").context["page"].rows == [waiting, paused, theirs, ours]
    assert browser.get(f"/ops/sync/?status=unfinished&account={account.slug}").context["page"].rows == [ours]
    assert browser.get("/ops/sync/?account=nobody").context["page"].rows == []


def test_the_list_says_why_and_until_when_a_run_waits(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    due = timezone.now().replace(hour=9, minute=30) + timedelta(days=1)
    make_extract(run, waiting_reason="marketo_quota", due_at=due)
    page = text_of(client_of(ops).get("/ops/sync/"))
    why = "Marketo's daily limit is used up. It starts again at midnight US Central time. It continues automatically: "
    assert why + date_format(localtime(due), "DATETIME_FORMAT") in page
    SyncRun.objects.filter(pk=run.pk).update(paused_at=timezone.now())
    assert "It continues automatically" not in text_of(client_of(ops).get("/ops/sync/"))


def test_an_unfinished_run_polls_itself_and_a_finished_one_does_not(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    fragment = client_of(ops).get(run.get_absolute_url(), headers={"HX-Request": "true"})
    assert fragment.headers["Vary"].count("HX-Request") == 1
    assert "<html" not in fragment.content.decode()
    assert f'hx-get="{run.get_absolute_url()}"' in fragment.content.decode()
    SyncRun.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED, receipt={"copy": [0, "0"]})
    assert "hx-get" not in client_of(ops).get(run.get_absolute_url()).content.decode()


def test_a_poll_after_the_session_ended_loads_the_sign_in_page_as_a_whole(account: SalesAccount) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    answer = Client().get(run.get_absolute_url(), headers={"HX-Request": "true"})
    assert (answer.headers["HX-Refresh"], answer.content) == ("true", b"")


def test_a_run_shows_progress_waiting_and_rejected_rows(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    run = make_run(account, RunStatus.EXTRACTING, seen=301, synced=231, rejected=1, skipped={"queue_owner": 69})
    extract = make_extract(run, rows_expected=2000, rows_shown=1500, waiting_reason="marketo_quota")
    RejectedRow.objects.create(extract=extract, line=7, reason="wrong_columns", text="1,<script>")
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "1,500 of 2,000 rows" in page
    assert "daily limit" in page
    assert "Owned by a queue" in page
    assert "&lt;script&gt;" in page


def test_what_is_not_counted_yet_is_no_zero(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """People are counted in the merge; a run that follows changes may well have found none."""
    run = make_run(account, RunStatus.EXTRACTING)
    read = re.compile(r'data-label="Read">(.*?)<')
    assert read.findall(text_of(client_of(ops).get("/ops/sync/"))) == ["–"]
    SyncRun.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED)
    assert read.findall(text_of(client_of(ops).get("/ops/sync/"))) == ["0"]


def test_pause_and_resume_are_two_buttons(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Whoever has the focus on one must not find it on the other when somebody else presses it."""
    run = make_run(account, RunStatus.EXTRACTING)
    buttons = re.compile(r'id="(\w+-run)"')
    assert buttons.findall(client_of(ops).get(run.get_absolute_url()).content.decode()) == ["pause-run", "cancel-run"]
    SyncRun.objects.filter(pk=run.pk).update(paused_at=timezone.now())
    assert buttons.findall(client_of(ops).get(run.get_absolute_url()).content.decode()) == ["resume-run", "cancel-run"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_rejected_rows_are_safe_in_a_spreadsheet(
    start: str, account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    """Security statement 31: what a stranger wrote into Marketo is not run as a formula."""
    extract = make_extract(make_run(account))
    RejectedRow.objects.create(extract=extract, line=7, reason="wrong_columns", text=f'{start}cmd|"/c calc",1')
    answer = client_of(ops).get(f"/ops/sync/{extract.run_id}/rejected-rows.csv")
    rows = rows_of(answer)
    assert rows[1][2:] == ["7", "The row has more or fewer values than the header.", f'\'{start}cmd|"/c calc",1']
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-rows-{extract.run_id}.csv"'


def test_a_marketo_admin_looks_at_the_preview_before_syncing_again(
    account: SalesAccount, linked_instance: MarketoInstance, marketo_admin: User, client_of: ClientOf
) -> None:
    run = make_run(account, RunStatus.FAILED, failure="stage_lost")
    assert f'href="{PREVIEW}' in client_of(marketo_admin).get(run.get_absolute_url()).content.decode()


@pytest.mark.parametrize("who", ["ops", "admin"])
@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELLED])
def test_whoever_may_hold_a_run_may_start_it_again(
    request: pytest.FixtureRequest, who: str, status: RunStatus, connected: SalesAccount, client_of: ClientOf
) -> None:
    person = request.getfixturevalue(who)
    run = make_run(connected, status, list_id=2, list_name="Newsletter")
    browser, address = client_of(person), f"/ops/sync/{run.pk}/again/"
    assert address in browser.get(run.get_absolute_url()).content.decode()
    answer = browser.post(address)
    again = SyncRun.objects.latest("pk")
    assert answer.headers["Location"] == again.get_absolute_url() != run.get_absolute_url()
    assert (again.kind, again.list_id, again.started_by) == (RunKind.FULL, 2, person)
    event = connected.audit_events.latest("pk")
    assert (event.action, event.actor, event.details["run"]) == (SyncAction.STARTED, person, again.pk)
    assert browser.post(address).headers["Location"] == again.get_absolute_url()
    assert browser.post(f"/ops/sync/{again.pk}/again/").status_code == 404


def test_a_run_whose_list_is_gone_is_not_started_again(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Another list, or none, is for a Marketo admin to choose."""
    run = make_run(account, RunStatus.FAILED, failure="list_gone", failure_params={"list": "A"}, list_id=2)
    assert "Sync again" not in client_of(ops).get(run.get_absolute_url()).content.decode()


def test_a_run_is_not_started_again_without_a_connection(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    run = make_run(account, RunStatus.FAILED, failure="disconnected", failure_params={"service": "Marketo"})
    page = client_of(ops).post(f"/ops/sync/{run.pk}/again/", follow=True).content.decode()
    assert "An Admin of it must connect it first" in page
    assert SyncRun.objects.get() == run


def test_a_run_that_succeeded_leads_to_what_comes_next(
    account: SalesAccount, admin: User, ops: User, client_of: ClientOf
) -> None:
    run = make_run(account, receipt={"copy": [3, "0"]})
    button = '<a class="btn" href="/settings/people/">'
    assert button in client_of(admin).get(run.get_absolute_url()).content.decode()
    assert button not in client_of(ops).get(run.get_absolute_url()).content.decode()


def test_a_run_that_found_no_change_says_so(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    start = timezone.now().replace(hour=12, minute=5)
    run = make_run(account, kind=RunKind.INCREMENTAL, receipt={"copy": [0, "0"]})
    make_extract(run, Source.MARKETO_CHANGES, window_from=start, window_to=start + timedelta(minutes=5))
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "Nothing had changed that concerns the copy." in page
    assert "the same 0 people" not in page
    assert "12:05 – 12:10" in page
    assert str(run) == f"Incremental sync, run {run.pk}"


def test_a_full_run_tells_fields_that_it_lacked_from_those_that_went_later(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    """Of the first the copy has nothing, of the others what the run has read."""
    names = [field.marketo_name for field in SYNCED_FIELDS if field.marketo_name not in {"", "leadSource"}]
    run = make_run(account, fields=names, gone_fields=["linkedin_url", "phone"])
    page = text_of(client_of(ops).get(run.get_absolute_url()))
    assert "They are empty in the copy: Source (<code>leadSource</code>)" in page
    later = "Phone number (<code>phone</code>), LinkedIn URL (<code>linkedInProfileURL</code>)"
    assert f"until the next full sync: {later}" in page


def test_a_failed_run_says_why_and_who_can_mend_it(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    params = {"failure": "no_salesforce_fields", "failure_params": {"fields": "sfdcLeadId"}}
    run = make_run(account, RunStatus.FAILED, **params)
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "does not have the fields sfdcLeadId" in page
    assert "A Marketo admin of your company" in page


def test_ops_staff_find_whom_to_call_and_do_not_sync_in_vain(
    account: SalesAccount, admin: User, salesforce_admin: User, member: User, ops: User, client_of: ClientOf
) -> None:
    run = make_run(account, RunStatus.FAILED, failure="salesforce_app_blocked")
    page = text_of(client_of(ops).get(run.get_absolute_url()))
    assert f"A Salesforce admin of your company ({salesforce_admin.email}; {admin.email})" in page
    assert f'href="/ops/accounts/{account.slug}/diagnostics/"' in page
    assert 'class="btn">Sync again' in page, "it would fail again until somebody has mended it"
    assert 'href="/settings/integrations/diagnostics/"' in text_of(client_of(admin).get(run.get_absolute_url()))
    SyncRun.objects.update(failure="stage_lost")
    page = text_of(client_of(ops).get(run.get_absolute_url()))
    assert 'class="btn btn-primary">Sync again' in page
    assert salesforce_admin.email not in page


def test_cancelling_asks_first_and_then_stops_the_run(account: SalesAccount, admin: User, client_of: ClientOf) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    browser = client_of(admin)
    page = text_of(browser.get(f"/ops/sync/{run.pk}/cancel/"))
    assert "stays as it was" in page
    assert f'<a href="{run.get_absolute_url()}">{run}</a>' in page.partition("<h1")[0]
    run.refresh_from_db()
    assert run.status == RunStatus.EXTRACTING
    assert browser.post(f"/ops/sync/{run.pk}/cancel/").headers["Location"] == run.get_absolute_url()
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


# People ----------------------------------------------------------------------------------------------


def test_people_before_the_first_sync(member: User, client_of: ClientOf) -> None:
    assert "Nobody has been synced yet" in client_of(member).get("/settings/people/").content.decode()


def test_people_are_paged_without_the_removed(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    run = make_run(account)
    make_people(account, PAGE_SIZE + 2)
    Person.objects.filter(marketo_id=1).update(removed_at=run.created_at)
    browser = client_of(member)
    first = browser.get("/settings/people/").context["page"]
    older = browser.get(f"/settings/people/?before={first.older}").context["page"]
    assert [person.marketo_id for person in [*first.rows, *older.rows]] == list(range(PAGE_SIZE + 2, 1, -1))
    assert (first.newer, older.older) == (None, None)


@pytest.mark.parametrize("text", ["anna", "LIND", "anna li", "anna.lind@", " Anna  "])
def test_people_are_found_by_the_beginning_of_name_or_address(
    text: str, account: SalesAccount, member: User, client_of: ClientOf
) -> None:
    make_run(account)
    make_people(account, 1, first_name="Anna", last_name="Lind", email="Anna.Lind@acme.example")
    browser = client_of(member)
    assert len(browser.post("/settings/people/", {"q": text}).context["page"].rows) == 1
    assert browser.post("/settings/people/", {"q": f"{text}x"}).context["page"].rows == []


@pytest.mark.parametrize("text", ["sorensen", "Sørensen", "ake", "ÅKE SØR", "van der", "lodz", "ŁÓDŹ fab", "1"])
def test_people_are_found_without_accents_by_company_and_by_id(
    text: str, account: SalesAccount, member: User, client_of: ClientOf
) -> None:
    make_run(account)
    make_people(account, 1, first_name="Åke", last_name="Sørensen", company="Łódź Fabryka")
    make_people(account, 1, first_id=3, last_name="van der Berg", company="Acme")
    rows = client_of(member).post("/settings/people/", {"q": text}).context["page"].rows
    assert [person.marketo_id for person in rows] == [3 if text == "van der" else 1]


@pytest.mark.parametrize("text", ["İbrahim", "ibrahim", "İBR", "ıbrahim"])
def test_people_are_found_by_the_turkish_i(text: str, account: SalesAccount) -> None:
    """The database makes one small letter of it, Python two: nobody was found by the name as it is written."""
    make_people(account, 1, last_name="İbrahim")
    assert Person.objects.for_account(account).search(text).exists()


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Åke", "Élan", "Nguyễn", "Zoë", "Łukasz", "Ákos", "Đặng", "Çelik", "Иван-Йорг"])
def test_people_are_found_however_letters_were_composed(
    stored: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"], name: str, account: SalesAccount
) -> None:
    """A file made on a Mac may bring a letter and its accent apart; so may a keyboard."""
    make_people(account, 1, last_name=normalize(stored, name))
    people = Person.objects.for_account(account)
    assert people.search(normalize(typed, name)).exists()
    assert people.search(normalize(typed, name)[:1].swapcase() + normalize(typed, name)[1:]).exists()
    assert not people.search(f"{name}x").exists()


def test_a_search_reads_each_index_in_its_order(account: SalesAccount) -> None:
    """With 1,500,000 people a look at each of them, or at all with a first name that many have, would take seconds."""
    make_people(account)
    with connection.cursor() as cursor:
        for other_way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other_way} = off")
    plan = Person.objects.for_account(account).live().ids_found("anna lind").explain()
    for name in ("email", "first_name", "last_name", "company"):
        assert f"Index Scan using person_by_{name}" in plan
    assert (plan.count("Limit"), plan.count("Disabled")) == (5, 0)


def test_of_very_many_who_match_some_are_listed(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    make_run(account)
    make_people(account, MOST_FOUND, first_name="Anna", last_name="Lind")
    browser, sentence = client_of(member), f"More than {MOST_FOUND:,} people match"
    assert sentence not in text_of(browser.post("/settings/people/", {"q": "Anna"}))
    make_people(account, 1, MOST_FOUND + 1, first_name="Anna")
    page = browser.post("/settings/people/", {"q": "Anna"})
    assert sentence in text_of(page)
    assert len(page.context["page"].rows) == PAGE_SIZE
    assert sentence not in text_of(browser.get("/settings/people/"))
    one = browser.post("/settings/people/", {"q": str(MOST_FOUND + 1)})
    assert len(one.context["page"].rows) == 1


def test_the_number_of_people_is_no_answer_to_a_search(account: SalesAccount, admin: User, client_of: ClientOf) -> None:
    make_run(account, people=7_700)
    make_people(account, 1, last_name="Lind")
    browser = client_of(admin)
    assert "7,700 people in the copy" in browser.get("/settings/people/").content.decode()
    page = browser.post("/settings/people/", {"q": "Lind"}).content.decode()
    assert "7,700" not in page


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "a" * 500, "9" * 40])
def test_special_characters_are_searched_as_they_are(
    text: str, account: SalesAccount, member: User, client_of: ClientOf
) -> None:
    make_run(account)
    make_people(account, 1, first_name="Anna")
    assert client_of(member).post("/settings/people/", {"q": text}).context["page"].rows == []


def test_what_is_searched_never_stands_in_an_address(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    make_run(account)
    make_people(account, PAGE_SIZE + 2, first_name="Anna", last_name="Lind")
    browser = client_of(member)
    first = browser.post("/settings/people/", {"q": "anna li"})
    assert "anna li" not in re.sub(r'value="[^"]*"', "", first.content.decode())
    older = browser.post("/settings/people/", {"q": "anna li", "before": first.context["page"].older})
    assert [person.marketo_id for person in older.context["page"].rows] == [2, 1]
    newer = browser.post("/settings/people/", {"q": "anna li", "after": older.context["page"].newer})
    assert len(newer.context["page"].rows) == PAGE_SIZE


def test_pages_that_also_take_a_post_answer_head(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    browser = client_of(marketo_admin)
    run = make_run(connected, RunStatus.EXTRACTING)
    for address in (PREVIEW, f"/ops/sync/{run.pk}/cancel/", "/ops/sync/why/", "/ops/sync/reconciliation/"):
        assert browser.head(address).status_code == 200, address


@pytest.mark.django_db(transaction=True)
def test_people_of_a_real_sync_are_shown(sync: Sync, connected: SalesAccount, admin: User, client_of: ClientOf) -> None:
    run = sync()
    browser = client_of(admin)
    assert f"{run.synced} people in the copy" in browser.get("/settings/people/").content.decode()
    page = browser.get(run.get_absolute_url()).content.decode()
    assert "Verified: all" in page
