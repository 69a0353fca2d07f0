"""PostgreSQL, Redis and the web process killed with SIGKILL in the middle of a run: it goes on, exactly."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.db import connection

from accounts.models import SalesAccount, User
from devtools.embedded.postgres import Postgres
from sandbox.testing import SandboxProcess
from sync.models import Extract, Person, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.schema import Schema
from tests.sync.processes import (
    Server,
    forget_leases,
    kill,
    wait_for,
    wait_for_end,
    web,
    worker,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def own_postgres(transactional_db: None, migrated: Schema, open_folder: Path) -> Iterator[Server]:
    """The test's database on a PostgreSQL of its own; the other tests' one must live on."""
    postgres = Postgres(open_folder, durable=False)
    server = Server(postgres.start)
    usual = connection.settings_dict
    connection.close()
    connection.settings_dict = usual | {"NAME": "postgres", "OPTIONS": {"host": str(postgres.sockets)}}
    migrated.fill(postgres.url)
    yield server
    connection.close()
    connection.settings_dict = usual
    kill(server.process)
    postgres.remove_leftovers(with_data=True)


@pytest.fixture
def half_done(connected: SalesAccount, admin: User, sandbox: SandboxProcess) -> SyncRun:
    """A run whose second file keeps its worker waiting for some seconds."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "delay", "seconds": 4, "nth": 2})
    return start_sync(account=connected, started_by=admin)


def is_in_the_middle(run: SyncRun) -> bool:
    """Something is loaded, and a worker waits for more."""
    extracts = Extract.objects.of_run(run)
    return extracts.filter(status="loaded", source="marketo_people").exists() and _is_loading(run)


def _is_loading(run: SyncRun) -> bool:
    return Extract.objects.of_run(run).filter(status="loading", heartbeat_at__isnull=False).exists()


def assert_exact(run: SyncRun, sandbox: SandboxProcess) -> None:
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert run.receipt["source"] == run.receipt["copy"]
    assert Person.objects.for_account(run.account).live().count() == expected["synced"]


def test_a_killed_postgresql_costs_nobody(
    own_postgres: Server, half_done: SyncRun, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Security statement 18: the crash empties the stage tables, which is noticed, and they are filled again."""
    with worker(tmp_path, sandbox):
        wait_for(lambda: is_in_the_middle(half_done), tmp_path)
        own_postgres.kill_and_start_again()
        connection.close()
        forget_leases()
        run = wait_for_end(half_done, tmp_path)
    assert run.restarts == 1
    assert_exact(run, sandbox)


def test_a_killed_redis_costs_nobody(
    own_redis: Server, half_done: SyncRun, sandbox: SandboxProcess, open_folder: Path, tmp_path: Path
) -> None:
    """Security statement 18: messages, tokens and budgets are gone; what is due stands in the database."""
    with worker(tmp_path, sandbox, redis_url=f"unix://{open_folder}/redis.sock"):
        wait_for(lambda: is_in_the_middle(half_done), tmp_path)
        own_redis.kill_and_start_again()
        forget_leases()
        run = wait_for_end(half_done, tmp_path)
    assert_exact(run, sandbox)


def test_a_killed_web_process_costs_nobody(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Security statement 18: whoever pressed Start Sync may lose the page, not the run."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "delay", "seconds": 8, "nth": 2})
    browser = requests.Session()
    browser.cookies.update({name: cookie.value for name, cookie in client_of(marketo_admin).cookies.items()})
    with worker(tmp_path, sandbox), web(tmp_path, sandbox) as (process, origin), web(tmp_path, sandbox) as (_, other):
        page = browser.get(f"{origin}/marketo/sales-insight/actions-config/sync/", timeout=30)
        form = {"csrfmiddlewaretoken": re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[0]}
        browser.post(page.url, data=form, headers={"Origin": origin}, allow_redirects=False, timeout=30)
        run = SyncRun.objects.get()
        # Its templates are read once, before time matters.
        browser.get(other + run.get_absolute_url(), timeout=30)
        wait_for(lambda: is_in_the_middle(run), tmp_path)
        kill(process)
        assert "Pause" in browser.get(other + run.get_absolute_url(), timeout=30).text
        run = wait_for_end(run, tmp_path)
        assert "Succeeded" in browser.get(other + run.get_absolute_url(), timeout=30).text
    assert_exact(run, sandbox)
