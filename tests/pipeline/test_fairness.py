"""Several accounts share the workers, and long work keeps nobody else waiting."""

import json
import re
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.tasks import send_password_reset
from common.queues import lists_of
from common.redis_client import redis_client
from connections.models import MarketoConnection, SalesforceConnection
from connections.orgs import OrgMove
from connections.tasks import check_account_connections, check_own_connection, revoke_token
from connections.turns import turn_of, turn_of_long_work
from invitations import services as invitations
from invitations.models import Invitation
from invitations.tasks import send_invitation
from msi_admin import celery_app
from pipeline import runner, tasks
from salesforce_orgs.tasks import revoke_orphaned_tokens
from sync import queue
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.services import cancel_unasked, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import make_account, make_cursor, make_extract, make_run
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.driving import finish, work_until
from tests.waiting import wait_until


@pytest.fixture
def both(
    connected: SalesAccount, marketo_connection: MarketoConnection, salesforce_connection: SalesforceConnection
) -> list[SyncRun]:
    """Runs of two accounts; the first began long before the second."""
    other = make_account("Umbrella Ltd")
    for row in (marketo_connection, salesforce_connection):
        row.pk, row.account = None, other
        row.save()
    return [start_sync(account=account, started_by=None) for account in (connected, other)]


@pytest.mark.django_db(transaction=True)
def test_one_worker_loads_for_two_accounts_in_turn(both: list[SyncRun]) -> None:
    for run in both:
        runner.advance_run(run.pk)
    # As if every export of both had ended at once, those of the first account long ago.
    Extract.objects.update(status=ExtractStatus.READY, rows_expected=0, remote_id="x")
    Extract.objects.exclude(source="marketo_people").update(due_at=None)
    order = []
    while waiting := set(Extract.objects.bulk().due().values_list("pk", flat=True)):
        runner.run_next_bulk_job()
        (taken,) = waiting - set(Extract.objects.bulk().due().values_list("pk", flat=True))
        order.append(Extract.objects.get(pk=taken).run_id)
    assert set(order) == {run.pk for run in both}
    assert all(earlier != later for earlier, later in pairwise(order))


@pytest.mark.django_db(transaction=True)
def test_short_steps_are_handed_out_in_turn(both: list[SyncRun]) -> None:
    for run in both:
        runner.advance_run(run.pk)
    runs = list(Extract.objects.due().short().in_turn().values_list("run", flat=True))
    assert runs[:6] == [run.pk for run in both] * 3


@pytest.mark.django_db(transaction=True)
def test_two_accounts_at_once_both_end_well(both: list[SyncRun]) -> None:
    assert {finish(run).status for run in both} == {RunStatus.SUCCEEDED}


@pytest.mark.django_db(transaction=True)
def test_a_large_merge_does_not_wait_for_another_account_s_statistics(
    connected: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ANALYZE inside the merge's transaction kept every other one, and VACUUM, waiting until its commit."""
    monkeypatch.setattr("sync.engine.merge.ANALYZE_FROM", 1)
    place, before = connection.settings_dict, _last_analyzed()
    with psycopg.connect(f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}") as other:
        # As ANALYZE and VACUUM hold it.
        other.execute("LOCK TABLE sync_person_shared IN SHARE UPDATE EXCLUSIVE MODE")
        assert finish(start_sync(account=connected, started_by=None)).status == RunStatus.SUCCEEDED
        assert _last_analyzed() == before
    assert finish(start_sync(account=connected, started_by=None)).updated == 0
    Person.objects.update(title="Chair")
    assert finish(start_sync(account=connected, started_by=None)).updated > 0
    wait_until(lambda: _last_analyzed() != before)


def _last_analyzed() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'sync_person_shared'")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_late_message_does_not_bring_long_work_into_the_short_queue(both: list[SyncRun]) -> None:
    for run in both:
        runner.advance_run(run.pk)
    ready = Extract.objects.filter(source="marketo_people").earliest("pk")
    Extract.objects.filter(pk=ready.pk).update(status=ExtractStatus.READY, rows_expected=0, remote_id="x")
    SyncRun.objects.update(status=RunStatus.MERGING, due_at=Now())
    tasks.advance_extract(ready.pk)
    tasks.advance_run(both[0].pk)
    assert Extract.objects.get(pk=ready.pk).status == ExtractStatus.READY
    assert not SyncRun.objects.exclude(status=RunStatus.MERGING).exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_has_one_call_at_a_time_in_the_shared_worker(both: list[SyncRun]) -> None:
    """Two hanging answers of one Marketo took both places of the worker."""
    ours, other = both
    with turn_of(ours.account_id):
        for run in both:
            tasks.advance_run(run.pk)
    ours.refresh_from_db()
    other.refresh_from_db()
    assert (ours.status, ours.attempt, other.status) == (RunStatus.PLANNING, 0, RunStatus.EXTRACTING)
    tasks.advance_run(ours.pk)
    extract = Extract.objects.of_run(ours).due().earliest("pk")
    with turn_of(ours.account_id):
        tasks.advance_extract(extract.pk)
    assert Extract.objects.get(pk=extract.pk).attempt == 0
    redis_client().delete(queue.SHORT)
    tasks.advance_extract(extract.pk)
    assert Extract.objects.get(pk=extract.pk).attempt == 1
    # For the run's next step alone: it could not take two.
    assert redis_client().llen(queue.SHORT) == 1
    redis_client().delete(queue.SHORT)


@pytest.mark.django_db(transaction=True)
def test_no_account_has_two_loaders_where_others_are_connected_too(both: list[SyncRun]) -> None:
    """The other begins to follow its changes, and its merge waited for minutes while both files came from one host."""
    ours, other = (_with_a_file_to_load(run) for run in both)
    with turn_of_long_work(ours.run.account_id):
        for _ in both:
            runner.run_next_bulk_job()
    assert (_status(ours), _status(other)) == (ExtractStatus.READY, ExtractStatus.LOADED)
    SyncRun.objects.filter(pk=ours.run_id).update(status=RunStatus.MERGING, due_at=Now())
    with turn_of_long_work(ours.run.account_id):
        runner.run_next_bulk_job()
        assert SyncRun.objects.get(pk=ours.run_id).status == RunStatus.MERGING
        MarketoConnection.objects.exclude(account=ours.run.account).delete()
        runner.run_next_bulk_job()
    assert SyncRun.objects.get(pk=ours.run_id).status != RunStatus.MERGING


@pytest.mark.django_db(transaction=True)
def test_a_loader_of_a_cancelled_run_is_still_its_account_s(both: list[SyncRun], answers: AlteredAnswers) -> None:
    """Start, cancel, start: while Marketo stalled in both files the other account waited for minutes."""
    ours, other = both
    work_until(lambda: Extract.objects.bulk().due().filter(run=ours, source="marketo_people").exists())
    SyncRun.objects.filter(pk=other.pk).update(due_at=None)
    Extract.objects.of_run(other).update(due_at=None)
    Extract.objects.of_run(ours).exclude(source="marketo_people").update(due_at=None)
    goes_on = Event()
    answers.alter("/file", lambda answer, _request: answer.content if goes_on.wait(60) else b"")
    loader = Thread(target=_load_in_a_thread)
    loader.start()
    wait_until(Extract.objects.of_run(ours).exclude(lease_until=None).exists)
    cancel_unasked(ours)
    again = start_sync(account=ours.account, started_by=None)
    file = _with_a_file_to_load(again)
    runner.run_next_bulk_job()
    assert _status(file) == ExtractStatus.READY
    goes_on.set()
    loader.join()
    runner.run_next_bulk_job()
    assert _status(file) == ExtractStatus.LOADED


def _with_a_file_to_load(run: SyncRun) -> Extract:
    """As if an export in which there is nobody had just ended."""
    runner.advance_run(run.pk)
    extracts = Extract.objects.of_run(run)
    file: Extract = extracts.filter(source="marketo_people").earliest("pk")
    extracts.exclude(pk=file.pk).update(due_at=None)
    extracts.filter(pk=file.pk).update(status=ExtractStatus.READY, rows_expected=0, remote_id="x", due_at=Now())
    return file


def _status(file: Extract) -> str:
    return Extract.objects.get(pk=file.pk).status


def _load_in_a_thread() -> None:
    runner.run_next_bulk_job()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_clock_waits_for_nobody_who_waits_for_a_provider(both: list[SyncRun]) -> None:
    """While the new org of a move did not answer, the sweep that everything is rung by stood still."""
    SyncRun.objects.update(status=RunStatus.SUCCEEDED, finished_at=timezone.now())
    for run in both:
        make_cursor(run.account)
    offer = OrgMove.objects.create(account=both[0].account, org_id="00D000000000003AAA", is_sandbox=False)
    place = connection.settings_dict
    with psycopg.connect(f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}") as other:
        # As a move holds it while the new org is asked for a token.
        other.execute("SELECT FROM connections_orgmove WHERE id = %s FOR UPDATE", [offer.pk])
        runner.start_due_syncs()
    assert SyncRun.objects.unfinished().get().account == both[1].account
    runner.start_due_syncs()
    assert SyncRun.objects.unfinished().count() == len(both)


@pytest.mark.django_db(transaction=True)
def test_mails_of_others_go_before_those_to_many_people(account: SalesAccount, admin: User, stranger: User) -> None:
    """Sixty-six invitations of one company kept a new password of another from being sent for 16 seconds."""
    redis_client().delete(*lists_of("mail"))
    others = stranger.member.account
    for sender, company, number in ((admin, account, invitations.FEW_MAILS + 2), (stranger, others, 1)):
        addresses = [invitations.NewInvitation(f"new{one}@{company.slug}.example") for one in range(number)]
        invitations.invite(account=company, invited_by=sender, addresses=addresses)
    send_password_reset.delay(stranger.email, "en")
    *many, last = Invitation.objects.order_by("pk").values_list("pk", flat=True)
    with celery_app.connection_for_read() as broker, broker.SimpleQueue("mail") as queue:
        taken = [queue.get(timeout=5).payload[0][0] for _message in range(len(many) + 2)]
    few = invitations.FEW_MAILS
    assert taken == [*many[:few], last, stranger.email, *many[few:]]


@pytest.mark.django_db(transaction=True)
def test_of_two_companies_that_invite_many_people_none_waits_for_all_of_the_other(
    account: SalesAccount, admin: User, stranger: User
) -> None:
    """Seventy invitations of one company kept the eleventh to twentieth of another from being sent for 15 seconds."""
    redis_client().delete(*lists_of("mail"))
    few, others = invitations.FEW_MAILS, stranger.member.account
    for sender, company, number in ((admin, account, 4 * few), (stranger, others, few + 2)):
        addresses = [invitations.NewInvitation(f"new{one}@{company.slug}.example") for one in range(number)]
        invitations.invite(account=company, invited_by=sender, addresses=addresses)
    many, fewer = (
        list(Invitation.objects.filter(account=one).order_by("pk").values_list("pk", flat=True))
        for one in (account, others)
    )
    with celery_app.connection_for_read() as broker, broker.SimpleQueue("mail") as queue:
        taken = [queue.get(timeout=5).payload[0][0] for _message in range(len(many) + len(fewer))]
    assert taken == [*many[:few], *fewer[:few], *many[few : 3 * few], *fewer[few:], *many[3 * few :]]


def test_what_waits_for_somebody_waits_in_a_queue_of_its_own() -> None:
    wanted: dict[Any, str] = {
        tasks.run_next_bulk_job: "bulk",
        tasks.sweep: "sweep",
        tasks.start_due_syncs: "sweep",
        tasks.advance_extract: "celery",
        send_password_reset: "mail",
        send_invitation: "mail",
        check_account_connections: "celery",
        check_own_connection: "notifications",
        revoke_token: "notifications",
        revoke_orphaned_tokens: "notifications",
    }
    route = celery_app.amqp.router.route
    assert {task: route({}, task.name)["queue"].name for task in wanted} == wanted


@pytest.mark.parametrize("file", ["Procfile", "docker-compose.yml"])
def test_every_queue_has_workers_of_its_own(file: str) -> None:
    text = (Path(settings.BASE_DIR) / file).read_text()
    served = re.findall(r"worker --queues (\w+)", text)
    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_rings_no_more_than_the_queue_can_take(account: SalesAccount) -> None:
    """300 accounts filled it with 4,006 messages, and mails waited behind them."""
    run = make_run(account, RunStatus.EXTRACTING)
    for _ in range(50):
        make_extract(run, due_at=timezone.now())
    for _ in range(3):
        queue.enqueue_all()
        assert redis_client().llen(queue.SHORT) == queue.MOST_MESSAGES
    redis_client().delete(queue.SHORT)


@pytest.mark.django_db(transaction=True)
def test_runs_that_begin_at_once_ring_no_more_than_that_either(account: SalesAccount) -> None:
    run = make_run(account, RunStatus.PLANNING, due_at=timezone.now())
    for _ in range(queue.MOST_MESSAGES + 10):
        queue.wake_on_commit(run)
    assert redis_client().llen(queue.SHORT) == queue.MOST_MESSAGES
    redis_client().delete(queue.SHORT)


@pytest.mark.django_db(transaction=True)
def test_files_that_wait_for_a_loader_do_not_hide_what_needs_none(account: SalesAccount) -> None:
    """2,944 files of 300 accounts did: nobody looked at a running export until loaders had taken nearly all of them."""
    runs = [make_run(account) for _ in range(210)]
    for run in runs:
        make_extract(run, due_at=timezone.now(), status=ExtractStatus.READY)
    short = make_extract(runs[0], due_at=timezone.now(), status=ExtractStatus.RUNNING)
    queue.enqueue_all()
    (message,) = redis_client().lrange(queue.SHORT, 0, -1)
    assert json.loads(message)["headers"]["argsrepr"] == f"({short.pk},)"
    assert redis_client().llen(queue.BULK) == queue.MOST_MESSAGES
    redis_client().delete(queue.SHORT, queue.BULK)


@pytest.mark.django_db
def test_accounts_are_brought_up_to_date_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [make_account(f"Company {number}") for number in range(25)]
    for account in accounts:
        make_cursor(account, stream=Source.SALESFORCE_CHANGES)
        make_run(account)
    began: list[SalesAccount] = []
    monkeypatch.setattr("pipeline.runner.due_kind", lambda *_: RunKind.INCREMENTAL)
    monkeypatch.setattr("pipeline.runner.start_sync", lambda account, **_: began.append(account))
    for _ in range(runner.TURNS):
        before = len(began)
        tasks.start_due_syncs()
        assert len(began) - before <= 3
    assert sorted(account.pk for account in began) == [account.pk for account in accounts]
