"""The notifier as it runs, killed in the middle, and a receiver that hangs: nothing is lost, nobody else waits."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from accounts.models import SalesAccount, User
from accounts.occurrences import begin, end
from common.events import find_event
from notifications.models import ChannelKind, Delivery
from sandbox.testing import SandboxProcess
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.notifications.conftest import MakeChannel, Posts
from tests.sync.driving import forget_callers
from tests.sync.processes import (
    WORKER_OPTIONS,
    Process,
    Server,
    console_environment,
    kill,
    running,
    wait_for,
    wait_for_end,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
FAILED = find_event("sync.run_failed")
NUMBER = 4


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxProcess]:
    """With a mailbox."""
    with SandboxProcess.start(people=20, smtp_port=0) as process:
        yield process


def notifier(folder: Path, sandbox: SandboxProcess, redis_url: str = "") -> AbstractContextManager[Process]:
    """As in the Procfile, with beat."""
    environment = console_environment(sandbox, redis_url) | {"EMAIL_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}"}
    pool = ["--pool", "threads", "--concurrency", "8", "--without-mingle", "--without-gossip"]
    command = [sys.executable, "-m", "celery", "-A", "msi_admin", "worker", "-Q", "notifications", "-l", "WARNING"]
    return running([*command, *pool, "-B", "-s", str(folder / "beat")], folder, environment)


def other_workers(folder: Path, sandbox: SandboxProcess) -> AbstractContextManager[Process]:
    """One for all that syncs need; beat is the notifier's."""
    command = [sys.executable, "-m", "celery", "-A", "msi_admin", "worker", "-Q", "sweep,celery,bulk", *WORKER_OPTIONS]
    return running([*command, "-n", "others@%h"], folder, console_environment(sandbox))


def fail(account: SalesAccount, number: int) -> None:
    assert FAILED
    details = {name: value for name, value in FAILED.example.items() if name != "run"}
    begin(FAILED, account=account, subject=str(number), run=str(number), **details)


def test_nothing_is_lost_and_a_repeat_is_known_by_its_id(
    account: SalesAccount, admin: User, sandbox: SandboxProcess, make_channel: MakeChannel, posts: Posts, tmp_path: Path
) -> None:
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK):
        make_channel(kind)
    # So slow that the kill falls between the answer of some receivers and our commit.
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "delay", "seconds": 0.2})
    for number in range(NUMBER):
        fail(account, number)
    for _life in range(2):
        before = len(posts())
        with notifier(tmp_path, sandbox) as process:
            wait_for(lambda: len(posts()) > before, tmp_path)  # noqa: B023 (called at once)
            kill(process)
            # Its places among those who send run out by themselves, after twenty seconds.
            forget_callers()
    assert FAILED
    end(FAILED, account=account)
    sandbox.delete("/_sandbox/faults")
    with notifier(tmp_path, sandbox):
        wait_for(lambda: is_all_sent(messages=4 * 2 * NUMBER), tmp_path)
    by_path = {path: [post for post in posts() if post["path"] == path] for path in {post["path"] for post in posts()}}
    signed = by_path["/hooks/standard/ops"]
    told = {(post["headers"]["webhook-id"], post["json"]["data"]["phase"]) for post in signed}
    assert Counter(phase for _, phase in told) == {"begin": NUMBER, "end": NUMBER}
    # At most one message of each channel was on its way when it was killed.
    assert all(2 * NUMBER <= len(found) <= 2 * NUMBER + 2 for found in by_path.values())
    assert len(by_path) == 3
    mails = sandbox.get("/_sandbox/mailbox")
    assert len({mail["message_id"] for mail in mails}) == 2 * NUMBER
    assert {address for mail in mails for address in mail["to"]} == {admin.email}


def test_a_killed_redis_loses_nothing_and_doubles_nothing(
    own_redis: Server,
    account: SalesAccount,
    admin: User,
    sandbox: SandboxProcess,
    make_channel: MakeChannel,
    posts: Posts,
    open_folder: Path,
    tmp_path: Path,
) -> None:
    """Its messages only ring: what is to be told, and what was, stands in the database."""
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK):
        make_channel(kind)
    # So slow that it is killed while messages are on their way.
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "delay", "seconds": 0.2})
    with notifier(tmp_path, sandbox, f"unix://{open_folder}/redis.sock"):
        for death in range(2):
            for number in range(NUMBER // 2):
                fail(account, death * NUMBER + number)
            before = len(posts())
            wait_for(lambda: len(posts()) > before, tmp_path)  # noqa: B023 (called at once)
            own_redis.kill_and_start_again()
        assert FAILED
        end(FAILED, account=account)
        wait_for(lambda: is_all_sent(messages=4 * 2 * NUMBER), tmp_path)
    assert Counter(post["path"] for post in posts()) == dict.fromkeys(
        ("/hooks/slack/ops", "/hooks/teams/ops", "/hooks/standard/ops"), 2 * NUMBER
    )
    signed = [post["headers"]["webhook-id"] for post in posts() if "standard" in post["path"]]
    mails = [mail["message_id"] for mail in sandbox.get("/_sandbox/mailbox")]
    assert len(set(signed)) == len(signed) == len(set(mails)) == len(mails) == 2 * NUMBER


def is_all_sent(messages: int) -> bool:
    return Delivery.objects.filter(sent_at__isnull=False).count() == messages


def test_a_receiver_that_hangs_keeps_neither_other_messages_nor_syncs_waiting(
    connected: SalesAccount,
    admin: User,
    sandbox: SandboxProcess,
    make_channel: MakeChannel,
    tmp_path: Path,
) -> None:
    hanging = make_channel(ChannelKind.SLACK)
    make_channel(ChannelKind.WEBHOOK)
    sandbox.post("/_sandbox/faults", {"path": "/hooks/slack/", "kind": "delay", "seconds": 300})
    for number in range(NUMBER):
        fail(connected, number)
    with notifier(tmp_path, sandbox), other_workers(tmp_path, sandbox):
        run = start_sync(account=connected, started_by=admin)
        wait_for(
            lambda: Delivery.objects.exclude(channel=hanging).filter(sent_at__isnull=False).count() >= 2 * NUMBER,
            tmp_path,
        )
        assert wait_for_end(run, tmp_path).status == RunStatus.SUCCEEDED
    assert Delivery.objects.pending().filter(channel=hanging).count() >= NUMBER
    assert not Delivery.objects.filter(channel=hanging, sent_at__isnull=False).exists()
