"""Workers that are killed: a real one with beat in the middle of a load, and one between two transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from requests import PreparedRequest

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.models import Extract, Person
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.driving import run_has_ended, work_until
from tests.sync.processes import forget_leases, kill, wait_for, wait_for_end, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_a_worker_killed_while_loading_costs_nobody(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Pain 25: what the dead worker had begun is undone by the database and begun anew by the next worker."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "stall", "after_bytes": 2_000, "count": 1})
    run = start_sync(account=connected, started_by=admin)
    stalled = Extract.objects.of_run(run).filter(status="loading", heartbeat_at__isnull=False)
    with worker(tmp_path, sandbox) as first:
        wait_for(stalled.exists, tmp_path)
        extract = stalled.get()
        kill(first)
    forget_leases()
    with worker(tmp_path, sandbox):
        wait_for_end(run, tmp_path)
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert Person.objects.for_account(connected).live().count() == expected["synced"]
    assert Extract.objects.get(pk=extract.pk).attempt > extract.attempt


class Killed(BaseException):
    pass


def test_a_worker_killed_when_it_gives_up_a_job_leaves_a_run_that_ends(
    connected: SalesAccount, admin: User, answers: AlteredAnswers
) -> None:
    """Nothing of it would be due any more: it would stand in the way of all other runs until somebody cancels it."""
    of_leads, given_up = set[str](), list[bool]()

    def remember(job: dict[str, Any], request: PreparedRequest) -> dict[str, Any]:
        of_leads.update({job["id"]} if "FROM Lead" in str(request.body) else ())
        return job

    def fail(job: dict[str, Any], _request: PreparedRequest) -> dict[str, Any]:
        return job | {"state": "Failed", "errorMessage": "asked to fail"} if job["id"] in of_leads else job

    answers.alter(r"jobs/query$", remember)
    answers.alter(r"jobs/query/\w+$", fail)
    run = start_sync(account=connected, started_by=admin)

    def die_once(execute: Callable[..., Any], statement: str, params: Any, *more: Any) -> Any:
        if given_up == [True]:
            given_up.append(False)
            raise Killed
        answer = execute(statement, params, *more)
        if not given_up and str(statement).startswith("UPDATE") and ExtractStatus.FAILED in (params or ()):
            given_up.append(True)
        return answer

    @contextmanager
    def mortal() -> Iterator[None]:
        with suppress(Killed), connection.execute_wrapper(die_once):
            yield
            return
        forget_leases()

    work_until(lambda: run_has_ended(run), mortal)
    assert len(given_up) == 2
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")
    assert "asked to fail" in run.failure_params["detail"]
