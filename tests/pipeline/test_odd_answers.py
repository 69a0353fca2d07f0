"""Runs that meet answers which are not quite what the documentation shows: one odd value never ends them."""

import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from requests import PreparedRequest

from accounts.models import SalesAccount
from clients.http import ApiError
from people.reconciliation import count
from people.why import Known, ask, find
from pipeline.engine.budget import MarketoBudget
from pipeline.engine.plan import drop_refused_fields
from pipeline.engine.rows import Refused, read_person, read_record
from sandbox.testing import SandboxProcess
from sync.engine.stage import SALESFORCE_COLUMNS
from sync.models import Extract, Person, RejectedRow, RunKind, Source, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import make_marketo_connection
from tests.sync.altered_answers import AlteredAnswers, in_each_part
from tests.sync.conftest import Sync
from tests.sync.driving import cut_waits_short, finish, run_has_ended, work_until

pytestmark = pytest.mark.django_db(transaction=True)

LEADS, USAGE = r"/rest/v1/leads\.json", r"/rest/v1/stats/usage\.json"
QUERY = r"/queryAll\?"
Values = dict[str, Any]


@pytest.fixture
def changed(synced: SalesAccount, sandbox: SandboxProcess) -> Person:
    """A lead in the copy whose title is another one in Marketo by now."""
    person = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").earliest("marketo_id")
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [person.marketo_id], "fields": {"title": "Chair"}})
    return person


def sync_changes(account: SalesAccount) -> SyncRun:
    return finish(start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL))


def with_values(**values: Any) -> Callable[[Values, PreparedRequest], Values]:
    """Gives every record of an answer these values."""

    def change(answer: Values, _request: PreparedRequest) -> Values:
        key = "result" if "result" in answer else "records"
        return answer | {key: [record | values for record in answer[key]]}

    return change


def without(*names: str) -> Callable[[Values, PreparedRequest], Values]:
    """Takes these keys from every record of an answer."""

    def change(answer: Values, _request: PreparedRequest) -> Values:
        key = "result" if "result" in answer else "records"
        records = [{name: value for name, value in record.items() if name not in names} for record in answer[key]]
        return answer | {key: records}

    return change


NAMES = ["id", "sfdcLeadId", "sfdcContactId", "title"]


@pytest.mark.parametrize(
    ("person", "row"),
    [
        ({"id": 5, "sfdcLeadId": "00Q", "sfdcContactId": None, "title": "Boss"}, ["5", "00Q", None, "Boss"]),
        ({"id": "5"}, ["5", None, None, None]),
        ({"id": 5.0, "title": 7}, ["5", None, None, "7"]),
        ({"id": 5, "title": True}, ["5", None, None, "true"]),
        ({"id": 5, "title": "null"}, ["5", None, None, None]),
        ({"id": 5, "title": ""}, ["5", None, None, ""]),
        ({"id": 5, "title": ["Boss"]}, ["5", None, None, None]),
        ({"id": 5, "title": {"text": "Boss"}}, ["5", None, None, None]),
        ({"id": 5, "title": "a\0b"}, "nul_character"),
        ({"id": 5, "title": "\ud800"}, "not_utf8"),
        ({"id": 5, "sfdcLeadId": ["00Q"]}, "wrong_columns"),
        ({"id": 5, "sfdcContactId": {}}, "wrong_columns"),
        ({"title": "Boss"}, "no_id"),
        ({"id": None}, "no_id"),
        ({"id": [5]}, "no_id"),
        ({"id": "five"}, "no_id"),
        ({"id": -5}, "no_id"),
        ({"id": 10**18}, "no_id"),
    ],
)
def test_how_a_person_is_read(person: Values, row: list[str | None] | str) -> None:
    found = read_person(person, NAMES)
    assert (found.reason if isinstance(found, Refused) else found) == row


LEAD = {"Id": "00Q", "IsDeleted": False, "OwnerId": "005", "IsConverted": False, "ConvertedContactId": None}


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"Owner": {"Name": "Anna"}}, ["00Q", False, "005", "Anna", False, None]),
        ({}, ["00Q", False, "005", None, False, None]),
        ({"Owner": None}, ["00Q", False, "005", None, False, None]),
        ({"Owner": "Anna"}, ["00Q", False, "005", None, False, None]),
        ({"Owner": {"Name": ["Anna"]}}, ["00Q", False, "005", None, False, None]),
        ({"Owner": {"Name": "a\0b"}}, ["00Q", False, "005", "ab", False, None]),
        ({"Owner": {"Name": "\ud800"}}, ["00Q", False, "005", "?", False, None]),
        ({"IsDeleted": "true", "OwnerId": None}, ["00Q", True, None, None, False, None]),
        ({"Id": None}, None),
        ({"Id": ["00Q"]}, None),
        ({"Id": "00Q\0"}, None),
        ({"IsDeleted": None}, None),
        ({"IsConverted": "perhaps"}, None),
        ({"OwnerId": {}}, None),
    ],
)
def test_how_a_record_is_read(changes: Values, row: list[object] | None) -> None:
    """Without the owner's name somebody is in the copy all the same; what decides whether they are must be known."""
    columns = SALESFORCE_COLUMNS[Source.SALESFORCE_LEADS]
    if row is None:
        with pytest.raises(ValueError, match=r"."):
            read_record(LEAD | changes, columns)
    else:
        assert read_record(LEAD | changes, columns) == row


@pytest.mark.parametrize("name", [name for name in LEAD if name != "Owner"])
def test_a_record_without_what_was_asked_for_is_not_read(name: str) -> None:
    record = {other: value for other, value in LEAD.items() if other != name}
    with pytest.raises(KeyError):
        read_record(record, SALESFORCE_COLUMNS[Source.SALESFORCE_LEADS])


def test_an_odd_attribute_is_left_out(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    answers.alter(LEADS, with_values(title=["Chair"], company=5))
    run = sync_changes(synced)
    assert (run.status, run.failure, run.updated, run.rejected) == (RunStatus.SUCCEEDED, "", 1, 0)
    changed.refresh_from_db()
    assert (changed.title, changed.company, changed.removed_at) == (None, "5", None)
    assert caplog.text.count("value_unreadable") == 1


def test_keys_may_be_left_out_where_there_is_no_value(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    """Adobe: a field that is not in the answer is null."""
    answers.alter(LEADS, without("title", "phone", "sfdcContactId"))
    assert sync_changes(synced).status == RunStatus.SUCCEEDED
    changed.refresh_from_db()
    assert (changed.title, changed.phone, changed.removed_at) == (None, None, None)


def test_pages_that_ask_at_once_read_such_answers_too(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    answers.alter(LEADS, without("firstName", "email", "sfdcContactId"))
    assert find(synced, str(changed.marketo_id)) == [Known(changed.marketo_id, changed.last_name or "", "")]
    assert ask(synced, changed.marketo_id).reason is None
    counts = count(synced, SyncRun.objects.latest("pk"))
    assert counts.examples["not_in_salesforce"]


@pytest.mark.parametrize(
    ("values", "reason"), [({"id": None}, "no_id"), ({"sfdcLeadId": {"id": "00Q"}}, "wrong_columns")]
)
def test_a_person_who_cannot_be_read_stays_as_before(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, values: Values, reason: str
) -> None:
    answers.alter(LEADS, with_values(**values))
    run = sync_changes(synced)
    assert (run.status, run.failure, run.rejected, run.removed) == (RunStatus.SUCCEEDED, "", 1, 0)
    assert RejectedRow.objects.of_run(run).get().reason == reason
    before = changed.title
    changed.refresh_from_db()
    assert (changed.title, changed.removed_at) == (before, None)


def test_salesforce_is_not_asked_for_what_cannot_be_an_id_of_it(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    """It refuses the whole question: each run after it would have ended so."""
    answers.alter(LEADS, with_values(sfdcLeadId="", sfdcContactId="003" + "A" * 13))
    run = sync_changes(synced)
    assert (run.status, run.failure, run.removed) == (RunStatus.SUCCEEDED, "", 1)


def test_a_row_of_a_file_without_an_id_is_left_out(
    sync: Sync, answers: AlteredAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    """Every full run would have ended with what the database said."""

    def without_size(answer: Values, _request: PreparedRequest) -> Values:
        return answer | {"result": [one | {"fileSize": None, "fileChecksum": None} for one in answer["result"]]}

    def without_id(response: Any, _request: PreparedRequest) -> bytes:
        *rows, last = bytes(response.content).splitlines(keepends=True)
        return b"".join([*rows, re.sub(rb"(?<=,)\d+(?=,)", b"null", last, count=1)])

    synced = sync().synced
    answers.alter(r"/status\.json", without_size)
    answers.alter(r"/file\.json", without_id)
    run = sync()
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, 0)
    assert {row.reason for row in RejectedRow.objects.of_run(run)} == {"no_id"}
    assert run.seen == run.synced + sum(run.skipped.values()) + run.rejected
    assert run.synced <= synced


def test_a_name_as_long_as_a_book_is_cut(synced: SalesAccount, changed: Person, sandbox: SandboxProcess) -> None:
    """No index takes it whole: the run, and every one after it, would have ended with what the database said."""
    names = dict.fromkeys(("firstName", "lastName", "email", "company"), token_hex(10_000))
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [changed.marketo_id], "fields": names})
    for run in sync_changes(synced), finish(start_sync(account=synced, started_by=None)):
        assert run.status == RunStatus.SUCCEEDED
    changed.refresh_from_db()
    texts = changed.first_name, changed.last_name, changed.email, changed.company
    assert texts == (names["email"][:500],) * 4


def test_an_owner_without_a_name_is_an_owner(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    answers.alter(QUERY, without("Owner"))
    assert sync_changes(synced).status == RunStatus.SUCCEEDED
    assert caplog.text.count("value_unreadable") == 1
    changed.refresh_from_db()
    assert (changed.title, changed.owner_name, changed.removed_at) == ("Chair", None, None)


def test_a_changed_record_without_an_id_is_left_out(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    answers.alter("/composite$", in_each_part(without("Id", "ContactId")))
    run = sync_changes(synced)
    assert (run.status, run.updated) == (RunStatus.SUCCEEDED, 1)
    assert caplog.text.count("value_unreadable") == 1


def test_a_record_that_hides_whether_it_is_deleted_ends_the_run_with_a_sentence(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    answers.alter(QUERY, without("IsDeleted"))
    run = sync_changes(synced)
    assert (run.status, run.failure) == (RunStatus.FAILED, "salesforce_unexpected")


def test_pages_of_changes_that_repeat_their_token_end(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    answers.alter(r"/activities/leadchanges\.json", lambda answer, _request: answer | {"moreResult": True})
    run = sync_changes(synced)
    assert (run.status, run.updated) == (RunStatus.SUCCEEDED, 1)


def test_changes_are_asked_for_by_fields_that_can_change(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    """Nobody shows that Marketo takes `id` there, and it would refuse the whole call."""
    asked: list[str] = []

    def note(answer: Values, request: PreparedRequest) -> Values:
        asked.extend(parse_qs(urlsplit(str(request.url)).query)["fields"][0].split(","))
        return answer

    answers.alter(r"/activities/leadchanges\.json", note)
    assert sync_changes(synced).updated == 1
    assert "title" in asked
    assert "id" not in asked


def test_pages_of_a_query_that_name_themselves_are_asked_for_again(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    """Records that were not read would look as if Salesforce did not have them."""

    def go_round(answer: Values, _request: PreparedRequest) -> Values:
        itself = "/services/data/v62.0/queryAll?q=SELECT+Id+FROM+Lead+LIMIT+1"
        return answer | {"done": False, "nextRecordsUrl": itself}

    answers.alter("/composite$", in_each_part(go_round))
    answers.alter("queryAll", go_round)
    run = start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)
    waiting = Extract.objects.of_run(run).filter(waiting_reason="salesforce_odd")
    work_until(waiting.exists)
    answers.stop()
    cut_waits_short()
    work_until(lambda: run_has_ended(run))
    assert (run.status, run.updated) == (RunStatus.SUCCEEDED, 1)


def test_a_token_that_leads_nowhere_run_after_run_ends_with_a_sentence(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers
) -> None:
    answers.alter(r"/activities/leadchanges\.json", stay)
    answers.alter(r"/activities\.json", lambda answer, _request: answer | {"moreResult": True})
    assert sync_changes(synced).status == RunStatus.SUCCEEDED, "once, nobody can know"
    run = sync_changes(synced)
    assert (run.status, run.failure) == (RunStatus.FAILED, "marketo_unexpected")


def stay(answer: Values, request: PreparedRequest) -> Values:
    """The token that was sent comes back, with more to come."""
    sent = parse_qs(urlsplit(str(request.url)).query)["nextPageToken"][0]
    return answer | {"moreResult": True, "nextPageToken": sent}


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (r"/activities/leadchanges\.json", b"<html>Please wait</html>"),
        (r"/activities/leadchanges\.json", {"success": True, "result": 5}),
        (r"/rest/v1/leads\.json", {"success": True, "result": None}),
        (r"/composite$", b"<html>Please wait</html>"),
        (r"/composite$", {"compositeResponse": None}),
        (r"/queryAll", None),
    ],
)
def test_one_odd_answer_is_asked_for_again(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, path: str, answer: object
) -> None:
    """Of a gateway, with status 200: as after a 502."""
    left = iter([answer])
    answers.alter(path, lambda good, _request: next(left, good))
    run = sync_changes(synced)
    assert (run.status, run.updated, next(left, "used")) == (RunStatus.SUCCEEDED, 1, "used")


@pytest.mark.parametrize("usage", [{"result": []}, {"result": None}, {"result": [{"total": "many"}]}])
def test_calls_that_marketo_has_not_counted_do_not_end_the_run(
    synced: SalesAccount, changed: Person, answers: AlteredAnswers, usage: Values
) -> None:
    answers.alter(USAGE, lambda answer, _request: answer | usage)
    assert sync_changes(synced).updated == 1


def test_calls_that_were_not_counted_say_nothing_about_other_tools() -> None:
    budget = MarketoBudget("https://123-abc-456.mktorest.example")
    budget.learn_calls(1_000)
    budget.learn_calls(0)
    assert budget.spent().calls == 1_000


def test_refused_fields_are_found_with_and_without_spaces(account: SalesAccount) -> None:
    make_marketo_connection(account)
    run = SyncRun.objects.create(account=account, fields=["id", "title", "phone", "email"])
    drop_refused_fields(run, ApiError("marketo", "1003", "Invalid fields [title,phone]"))
    run.refresh_from_db()
    assert run.fields == ["id", "email"]
