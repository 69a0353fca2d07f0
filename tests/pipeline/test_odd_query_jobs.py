"""Runs that meet query jobs of Salesforce which are not quite what the documentation shows."""

from typing import Any

import pytest
from requests import PreparedRequest

from accounts.models import User
from sandbox.testing import SandboxProcess
from sync.models import Person
from sync.statuses import RunStatus
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.conftest import Sync

pytestmark = pytest.mark.django_db(transaction=True)

JOBS, JOB, RESULTS = r"/jobs/query$", r"/jobs/query/\w+$", r"/jobs/query/\w+/results"
Values = dict[str, Any]


class Roles:
    """Salesforce without contact roles, whose query job answers with nothing at all."""

    def __init__(self, answers: AlteredAnswers) -> None:
        self._job = "none"
        answers.alter(JOBS, self._remember)
        answers.alter(JOB, self._without_rows)
        answers.alter(RESULTS, self._empty)
        answers.alter("OpportunityContactRole", lambda answer, _request: answer | {"totalSize": 0})

    def _remember(self, answer: Values, request: PreparedRequest) -> Values:
        if "OpportunityContactRole" in str(request.body):
            self._job = answer["id"]
        return answer

    def _without_rows(self, answer: Values, request: PreparedRequest) -> Values:
        return answer | {"numberRecordsProcessed": 0} if self._job in str(request.url) else answer

    def _empty(self, response: Any, request: PreparedRequest) -> bytes:
        if self._job not in str(request.url):
            return bytes(response.content)
        del response.headers["Sforce-NumberOfRecords"]
        return b""


def test_a_query_job_without_rows_may_have_no_file(sync: Sync, answers: AlteredAnswers) -> None:
    Roles(answers)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert run.synced > 0
    assert not Person.objects.exclude(salesforce_opportunity_id=None).exists()


def test_pages_of_results_need_not_count_their_rows(sync: Sync, answers: AlteredAnswers) -> None:
    """The job has counted them."""

    def uncounted(response: Any, _request: PreparedRequest) -> bytes:
        del response.headers["Sforce-NumberOfRecords"]
        return bytes(response.content)

    answers.alter(RESULTS, uncounted)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")


def test_pages_of_results_that_were_not_counted_are_held_against_the_job(sync: Sync, answers: AlteredAnswers) -> None:
    def cut(response: Any, _request: PreparedRequest) -> bytes:
        del response.headers["Sforce-NumberOfRecords"]
        return bytes(response.content[: response.content.rindex(b"\n", 0, -1) + 1])

    answers.alter(RESULTS, cut)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")


def test_a_record_that_comes_twice_is_one(
    sync: Sync, answers: AlteredAnswers, sandbox: SandboxProcess, admin: User
) -> None:
    """Or everybody who belongs to it would be there twice, which no copy takes: the company's sync would end there."""

    def with_the_last_twice(response: Any, _request: PreparedRequest) -> bytes:
        del response.headers["Sforce-NumberOfRecords"]
        rows = bytes(response.content).splitlines(keepends=True)
        return b"".join([*rows, rows[-1]])

    answers.alter(RESULTS, with_the_last_twice)
    answers.alter(JOB, lambda job, _request: job | {"numberRecordsProcessed": job["numberRecordsProcessed"] + 1})
    first, again = sync(), sync()
    assert (first.status, first.synced) == (RunStatus.SUCCEEDED, sandbox.get("/_sandbox/state")["expected"]["synced"])
    assert (again.status, again.changed) == (RunStatus.SUCCEEDED, 0)


@pytest.mark.parametrize("odd", [b"A\0nna", b"\xffAnna"], ids=["NUL", "no UTF-8"])
def test_an_owner_is_called_what_no_database_holds(sync: Sync, answers: AlteredAnswers, odd: bytes) -> None:
    """Pain 18: of a user who has such a name the people come all the same, with what can be read of it."""
    sync()
    name = str(Person.objects.live().exclude(owner_name=None).values_list("owner_name", flat=True)[0])
    theirs = Person.objects.live().filter(owner_name=name)
    number = theirs.count()

    def rename(response: Any, _request: PreparedRequest) -> bytes:
        return bytes(response.content).replace(b'"' + name.encode() + b'"', b'"' + odd + b'"')

    answers.alter(RESULTS, rename)
    run = sync()
    assert (run.status, run.updated, theirs.count()) == (RunStatus.SUCCEEDED, number, 0)
    assert Person.objects.live().filter(owner_name__endswith="nna").count() >= number


def test_a_job_fails_with_a_text_that_no_database_holds(sync: Sync, answers: AlteredAnswers) -> None:
    failed = {"state": "Failed", "errorMessage": "INTERNAL\0 \ud800"}
    answers.alter(JOB, lambda job, _request: job | failed)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")


def test_a_file_with_other_columns_says_so(sync: Sync, answers: AlteredAnswers) -> None:
    answers.alter(RESULTS, lambda response, _request: bytes(response.content).replace(b'"Id"', b'"ID"', 1))
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")
    assert run.failure_params["detail"] == "The file begins with other columns than were asked for."


def test_a_page_of_results_that_names_itself_ends_the_run(sync: Sync, answers: AlteredAnswers) -> None:
    def name_itself(response: Any, _request: PreparedRequest) -> bytes:
        response.headers["Sforce-Locator"] = "MQ"
        return bytes(response.content)

    answers.alter(RESULTS, name_itself)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")


def test_pages_of_results_that_name_each_other_end_the_run(sync: Sync, answers: AlteredAnswers) -> None:
    """They would fill the disk."""

    def go_to_and_fro(response: Any, request: PreparedRequest) -> bytes:
        response.headers["Sforce-Locator"] = "Mg" if "MQ" in str(request.url) else "MQ"
        return bytes(response.content)

    answers.alter(RESULTS, go_to_and_fro)
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")
    assert "rows came instead of" in run.failure_params["detail"]


def test_a_query_job_in_an_unknown_state_is_waited_for(sync: Sync, answers: AlteredAnswers) -> None:
    seen = set[str]()

    def queued(answer: Values, request: PreparedRequest) -> Values:
        is_first = str(request.url) not in seen
        seen.add(str(request.url))
        return answer | ({"state": "Queued", "numberRecordsProcessed": None} if is_first else {})

    answers.alter(JOB, queued)
    assert sync().status == RunStatus.SUCCEEDED


def test_a_query_job_may_count_in_text(sync: Sync, answers: AlteredAnswers) -> None:
    def as_text(answer: Values, _request: PreparedRequest) -> Values:
        return answer | {"numberRecordsProcessed": str(answer["numberRecordsProcessed"]), "errorMessage": None}

    answers.alter(JOB, as_text)
    assert sync().status == RunStatus.SUCCEEDED
