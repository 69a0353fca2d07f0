"""Holding a run, and letting it go on."""

import pytest

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.audit_actions import SyncAction
from sync.models import Extract, SyncRun
from sync.services import cancel_run, pause_run, resume_run, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def half_done(connected: SalesAccount, admin: User) -> SyncRun:
    """A run that has loaded something and is paused."""
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED).exists)
    assert pause_run(run=run, paused_by=admin)
    run.refresh_from_db()
    return run


def test_nothing_of_a_paused_run_begins(half_done: SyncRun, admin: User) -> None:
    assert half_done.status == RunStatus.EXTRACTING
    assert not SyncRun.objects.due().exists()
    assert not Extract.objects.due().exists()
    assert not pause_run(run=half_done, paused_by=admin)


def test_a_resumed_run_goes_on_where_it_stopped(half_done: SyncRun, admin: User, sandbox: SandboxProcess) -> None:
    loaded = set(Extract.objects.filter(status=ExtractStatus.LOADED).values_list("pk", "loaded_at"))
    assert resume_run(run=half_done, resumed_by=admin)
    assert not resume_run(run=half_done, resumed_by=admin)
    run = finish(half_done)
    assert run.status == RunStatus.SUCCEEDED
    assert run.synced == sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert loaded <= set(Extract.objects.values_list("pk", "loaded_at"))


def test_a_paused_run_can_be_cancelled(half_done: SyncRun, admin: User) -> None:
    assert cancel_run(run=half_done, cancelled_by=admin)
    assert finish(half_done).status == RunStatus.CANCELLED


def test_the_buttons_pause_and_resume_and_are_audited(
    connected: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    run = start_sync(account=connected, started_by=admin)
    browser = client_of(admin)
    page = browser.post(f"/ops/sync/{run.pk}/pause/", follow=True).content.decode()
    assert "Paused" in page
    assert f"/ops/sync/{run.pk}/resume/" in page
    page = browser.post(f"/ops/sync/{run.pk}/resume/", follow=True).content.decode()
    assert f"/ops/sync/{run.pk}/pause/" in page
    actions = connected.audit_events.filter(target=str(run)).order_by("pk").values_list("action", flat=True)
    assert list(actions) == [SyncAction.STARTED, SyncAction.PAUSED, SyncAction.RESUMED]


def test_an_ended_run_cannot_be_paused(connected: SalesAccount, admin: User) -> None:
    run = make_run(connected, RunStatus.SUCCEEDED)
    assert not pause_run(run=run, paused_by=admin)
