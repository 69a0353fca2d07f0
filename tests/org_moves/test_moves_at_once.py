"""A move to another org, and somebody who orders a run at the same moment: whoever comes second sees the first."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from connections.orgs import OrgMove
from history.models import Change, ChangeKind
from org_moves import services as org_move
from org_moves.services import move_to_org
from sync import decisions
from sync.decisions import approve_run, start_previewed_run, undo_run
from sync.models import RunKind, SyncRun
from sync.services import SyncRefused
from sync.statuses import RunStatus
from tests.factories import make_run
from tests.org_moves.moving import _registered_app, offer, other_org, running_other_org
from tests.waiting import wait_until

__all__ = ["_registered_app", "offer", "other_org", "running_other_org"]

pytestmark = pytest.mark.django_db(transaction=True)
InThread = Callable[[Callable[[], object]], "Future[object]"]


@pytest.fixture
def in_thread() -> Iterator[InThread]:
    """Do something in a thread of its own, with its own database connection."""

    def do(work: Callable[[], object]) -> object:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        yield lambda work: threads.submit(do, work)


class Pause:
    """Stops whoever comes by in the middle of a transaction."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: object, name: str) -> None:
        self.is_reached, self.is_over = Event(), Event()
        original = getattr(room, name)

        def paused(*args: object, **kwargs: object) -> object:
            self.is_reached.set()
            assert self.is_over.wait(timeout=60)
            return original(*args, **kwargs)

        monkeypatch.setattr(room, name, paused)


def wait_for(others: "list[Future[object]]") -> None:
    """Until each of the others is done, or waits for a lock."""

    def is_so() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            [(waiting,)] = cursor.fetchall()
        return int(waiting) >= sum(not other.done() for other in others)

    wait_until(is_so, seconds=60)


@pytest.fixture
def unfollowed(offer: OrgMove, synced: SalesAccount) -> OrgMove:
    """A move that no full run follows: it would be in the way of any other run."""
    MarketoConnection.objects.for_account(synced).delete()
    return offer


def test_who_decides_during_a_move_waits_for_it_and_is_refused(
    unfollowed: OrgMove, admin: User, synced: SalesAccount, monkeypatch: pytest.MonkeyPatch, in_thread: InThread
) -> None:
    last = SyncRun.objects.get()
    told: dict[str, Any] = {"kind": ChangeKind.UPDATED, "before": {}, "after": {}}
    Change.objects.create(account=synced, marketo_id=1001, run_id=last.pk, at=timezone.now(), **told)
    dry = make_run(synced, RunStatus.PREVIEWED, is_dry_run=True, started_at=timezone.now())
    held = make_run(synced, RunStatus.HELD, kind=RunKind.UNDO, undoes=last)
    pause = Pause(monkeypatch, org_move, "leave_org")
    moving = in_thread(lambda: move_to_org(account=synced, move_id=unfollowed.pk, by=admin))
    assert pause.is_reached.wait(timeout=60)
    deciding = [
        in_thread(lambda: start_previewed_run(run=dry, started_by=admin)),
        in_thread(lambda: approve_run(run=held, approved_by=admin)),
        in_thread(lambda: undo_run(run=last, undone_by=admin)),
    ]
    wait_for(deciding)
    pause.is_over.set()
    assert moving.result()
    for decision in deciding:
        with pytest.raises(SyncRefused, match=r"old Salesforce org|nothing to undo"):
            decision.result()
    assert not SyncRun.objects.unfinished().exists()


def test_a_move_waits_for_who_decides_and_stops_the_run(
    unfollowed: OrgMove, admin: User, synced: SalesAccount, monkeypatch: pytest.MonkeyPatch, in_thread: InThread
) -> None:
    dry = make_run(synced, RunStatus.PREVIEWED, is_dry_run=True, started_at=timezone.now())
    pause = Pause(monkeypatch, decisions, "record")
    deciding = in_thread(lambda: start_previewed_run(run=dry, started_by=admin))
    assert pause.is_reached.wait(timeout=60)
    moving = in_thread(lambda: move_to_org(account=synced, move_id=unfollowed.pk, by=admin))
    wait_for([moving])
    pause.is_over.set()
    deciding.result()
    assert moving.result()
    dry.refresh_from_db()
    assert dry.status == RunStatus.CANCELLED
    assert SalesforceConnection.objects.get().org_id == unfollowed.org_id
