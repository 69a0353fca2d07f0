"""
Troubles, each found by somebody of the ops staff who knows nothing: from /ops/ on they follow what the page says,
and after at most two clicks they have read what is the matter, and what to do or who can do it.
"""

import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from redis import Redis

from accounts.models import SalesAccount, User
from clients.http import ReconnectNeeded, Unreachable
from common.redis_client import redis_client
from connections.services.call_recorder import record_problem
from invitations import delivery
from invitations.emails import MailError
from notifications.handing_over import report_dead
from notifications.models import Channel, ChannelKind, Trouble
from operations import workers
from pipeline import runner
from pipeline.engine import budget
from salesforce_package.models import PackageChange
from salesforce_package.services import _tell_of_broken
from sync import queue
from sync.engine.problems import RunFailed, Wait, decide_retry
from sync.engine.telling import tell_of_hold
from sync.models import HeldPerson, SyncRun
from sync.statuses import RunStatus
from sync.watch import watch_runs
from tests.conftest import ClientOf, RefuseMails
from tests.factories import (
    make_cursor,
    make_extract,
    make_invitation,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)

pytestmark = pytest.mark.django_db
ALL_QUEUES = [one.name for one in settings.CELERY_TASK_QUEUES]


@dataclass(frozen=True)
class World:
    """An account that works, and what can break it."""

    account: SalesAccount
    admin: User
    refuse_mails: RefuseMails
    monkeypatch: pytest.MonkeyPatch

    def let_work(self, queues: list[str]) -> None:
        """Workers for these queues answer."""
        answers = {f"{name}@host": {"queues": [name], "busy": 0} for name in queues}
        self.monkeypatch.setattr(workers, "_ask", lambda: answers)

    def running(self) -> SyncRun:
        return make_run(self.account, RunStatus.EXTRACTING, started_at=timezone.now(), due_at=timezone.now())

    def wait(self, wait: Wait) -> None:
        extract = make_extract(self.running(), due_at=timezone.now())
        extract.wait(wait.reason, wait.until)

    def wait_for_long(self, reason: str) -> None:
        self.wait(Wait(reason, timezone.now() + timedelta(hours=5)))
        self.account.sync_runs.get().extracts.update(waiting_since=timezone.now() - timedelta(hours=1))
        watch_runs()


def salesforce_refuses(world: World) -> None:
    connection = make_salesforce_connection(world.account, connected_by=world.admin)
    record_problem(connection, ReconnectNeeded("salesforce", "invalid_grant"))


def no_name_service(world: World) -> None:
    wait = decide_retry(Unreachable("marketo", "name"), 1, timedelta())
    assert isinstance(wait, Wait)
    world.wait(wait)


def nobody_is_shown(world: World) -> None:
    run = world.running()
    runner._fail(run, run, RunFailed("nobody_read", service="Marketo"))


def many_would_leave(world: World) -> None:
    reasons = {"removed": {"queue_owner": 30}, "blanked": {}, "limit": 25, "queues": ["New leads"]}
    run = make_run(world.account, RunStatus.HELD, held=reasons, finished_at=timezone.now())
    HeldPerson.objects.bulk_create(HeldPerson(run=run, marketo_id=pk, reason="queue_owner") for pk in range(30))
    tell_of_hold(run, reasons)


def allowance_is_used_up(world: World) -> None:
    world.wait_for_long("marketo_quota")


def disk_is_full(world: World) -> None:
    world.wait_for_long("database_full")


def name_service_stays_away(world: World) -> None:
    world.wait_for_long("marketo_unknown_name")


def loader_is_down(world: World) -> None:
    world.let_work([name for name in ALL_QUEUES if name != "bulk"])


def beat_is_down(world: World) -> None:
    redis_client().set(queue.LAST_SWEEP, timezone.now().timestamp() - 300)


def redis_is_down(world: World) -> None:
    away = Redis.from_url("unix:///nowhere/redis.sock")
    for module in (queue, budget):
        world.monkeypatch.setattr(module, "redis_client", lambda: away)


def chat_is_gone(world: World) -> None:
    address = "https://hooks.slack.com/services/x"
    channel = Channel.objects.create(account=world.account, kind=ChannelKind.SLACK, address=address)
    report_dead(channel, None, Trouble.GONE)


def mail_server_is_down(world: World) -> None:
    world.refuse_mails(smtplib.SMTPServerDisconnected("down"))
    with pytest.raises(MailError):
        delivery.deliver(make_invitation(world.account, invited_by=world.admin).pk)


def package_was_changed(world: World) -> None:
    change = {"org_id": "00D1", "item": "soap_site", "before": {}, "after": {}, "seen_at": timezone.now()}
    PackageChange.objects.create(account=world.account, **change)
    _tell_of_broken(world.account, "00D1")


# What breaks it, which links are followed, and what can be read then: the cause, and what to do or who can do it.
TROUBLES: list[tuple[Callable[[World], None], list[str], list[str]]] = [
    (
        salesforce_refuses,
        [],
        ["Salesforce no longer accepts this connection", "An Admin or a Salesforce admin of the Sales account"],
    ),
    (
        salesforce_refuses,
        ["The connection to Salesforce has stopped working."],
        ["Needs reconnecting", "Salesforce no longer accepts", "Who can do it"],
    ),
    (no_name_service, [], ["The name of Marketo's server cannot be found.", "Waiting"]),
    (
        no_name_service,
        ["Full sync, run"],
        ["The name of Marketo's server cannot be found.", "It continues automatically"],
    ),
    (
        nobody_is_shown,
        ["Full sync: run"],
        ["Marketo reported no people at all", "A Marketo admin"],
    ),
    (many_would_leave, ["would change 30 people at once"], ["30", "queue", "New leads"]),
    (
        allowance_is_used_up,
        [],
        ["has waited for more than 30 minutes", "Marketo's daily limit is used up.", "It continues"],
    ),
    (
        disk_is_full,
        [],
        ["The console's database is full.", "Give the disk of PostgreSQL more room.", "The operator of this console"],
    ),
    (
        name_service_stays_away,
        [],
        ["has waited for more than 30 minutes", "look at the name service (DNS)", "The operator of this console"],
    ),
    (loader_is_down, [], ["Processes of this console do not answer: loader.", "Start the process loader."]),
    (
        beat_is_down,
        [],
        # A few seconds may pass until the page is read.
        ["Processes of this console do not answer: beat.", "The scheduler last ran 30"],
    ),
    (
        redis_is_down,
        [],
        ["Processes of this console do not answer: redis.", "Redis does not answer. Until it does"],
    ),
    (chat_is_gone, [], ["Slack hooks.slack.com does not take messages.", "it is gone for good"]),
    (
        mail_server_is_down,
        [],
        ["The mail server did not take the mail", "Send a test mail", "The operator of this console"],
    ),
    # What can be read there alone is there, too, and whom to ask.
    (
        package_was_changed,
        ["Items of the Salesforce package"],
        ["Remote site for Marketo's SOAP API", "A Salesforce admin of your company", "Whom to call: ", "@acme.example"],
    ),
    (chat_is_gone, ["Slack hooks.slack.com"], ["it is gone for good", "Look at the channel under Notifications"]),
    (package_was_changed, [], ["Remote site for Marketo's SOAP API", "A Salesforce admin of your company"]),
]


@pytest.fixture
def world(account: SalesAccount, admin: User, refuse_mails: RefuseMails, monkeypatch: pytest.MonkeyPatch) -> World:
    make_cursor(account)
    make_marketo_connection(account, owner=admin)
    queue.note_sweep()
    world = World(account, admin, refuse_mails, monkeypatch)
    world.let_work(ALL_QUEUES)
    return world


@pytest.mark.parametrize(("break_it", "clicks", "found"), TROUBLES)
def test_ops_staff_find_the_cause(
    break_it: Callable[[World], None],
    clicks: list[str],
    found: list[str],
    world: World,
    ops: User,
    client_of: ClientOf,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        break_it(world)
    browser, address = client_of(ops), "/ops/"
    for text in clicks:
        address = link_called(text, browser, address)
    page = words_of(main_of(browser, address))
    assert [text for text in found if text not in page] == [], page


def main_of(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode().partition("<main")[2].partition(">")[2].partition("</main>")[0]


def words_of(html: str) -> str:
    """What is read of it."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def link_called(text: str, browser: Client, address: str) -> str:
    """Where the link leads whose words hold the text."""
    links = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', main_of(browser, address), re.DOTALL)
    return next(unescape(href) for href, words in links if text in words_of(words))
