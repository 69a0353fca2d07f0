"""What rooms count for monitoring: each thing once, under its end."""

import json
import smtplib
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery.worker.request import Request
from celery.worker.state import revoked
from django.utils import timezone
from kombu import Message
from prometheus_client import REGISTRY
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.mail_check import send_test_mail
from accounts.models import SalesAccount, User
from accounts.occurrences import begin
from clients import http
from clients.http import reported_call
from msi_admin.celery import app
from notifications import tasks
from notifications.models import ChannelKind
from pipeline import runner
from sandbox.testing import SandboxProcess
from sync.events import COPY_OLD
from sync.models import RunKind, SyncRun
from sync.queue import Task
from sync.services import cancel_run
from sync.statuses import RunStatus
from tests.conftest import RefuseMails
from tests.factories import make_run
from tests.notifications.conftest import MakeChannel, make_channel

__all__ = ["make_channel"]
Counted = Callable[[], float]


def counter(name: str, **labels: str) -> Counted:
    """How much was counted since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


def ends(outcome: str) -> Counted:
    return counter("msi_sync_run_duration_seconds_count", kind="full", outcome=outcome)


@pytest.mark.django_db
def test_a_run_is_counted_when_it_ends(
    account: SalesAccount,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    now = timezone.now()
    failed, cancelled, succeeded = ends("failed"), ends("cancelled"), ends("succeeded")
    seconds = counter("msi_sync_run_duration_seconds_sum", kind="full", outcome="succeeded")
    with django_capture_on_commit_callbacks(execute=True):
        # Nothing is connected.
        runner.advance_run(make_run(account, RunStatus.PLANNING, due_at=now).pk)
        cancel_run(run=make_run(account, RunStatus.PLANNING), cancelled_by=admin)
    assert (failed(), cancelled(), succeeded()) == (1, 1, 0)

    def succeed(run: SyncRun) -> None:
        run.end_step(due_at=now, status=RunStatus.SUCCEEDED, finished_at=now)

    monkeypatch.setitem(runner.PLANS, RunKind.FULL, succeed)
    run = make_run(account, RunStatus.PLANNING, due_at=now, started_at=now - timedelta(minutes=5))
    for _ in range(2):
        # The second step tidies up.
        runner.advance_run(run.pk)
    assert (failed(), cancelled(), succeeded(), seconds()) == (1, 1, 1, 300)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "answered"),
        (http.ApiError("marketo", "1"), "refused"),
        (http.ReconnectNeeded("marketo", "1"), "reconnect_needed"),
        (http.AccessDenied("marketo", "1"), "access_denied"),
        (http.UnexpectedAnswer("marketo", "1"), "unexpected_answer"),
        (http.TransientApiError("marketo", "1"), "busy"),
        (http.Unreachable("marketo", "1"), "unreachable"),
        (http.CircuitOpenError("marketo", "1"), "paused"),
        (http.RateLimited("marketo", "1"), "rate_limited"),
        (http.QuotaExceeded("marketo", "1"), "quota_exceeded"),
    ],
)
def test_a_call_is_counted_by_its_kind_of_answer(error: http.ApiError | None, outcome: str) -> None:
    calls = counter("msi_provider_call_duration_seconds_count", provider="marketo", outcome=outcome)
    try:
        with reported_call(None, "/path", "marketo"):
            if error:
                raise error
    except http.ApiError:
        pass
    assert calls() == 1


@pytest.mark.django_db
def test_mails_are_counted_by_what_the_mail_server_says(admin: User, refuse_mails: RefuseMails) -> None:
    sent, refused, failed = (counter("msi_mails_total", outcome=end) for end in ("sent", "refused", "failed"))
    send_test_mail(admin)
    refuse_mails(smtplib.SMTPRecipientsRefused({admin.email: (550, b"Unknown")}))
    send_test_mail(admin)
    refuse_mails(smtplib.SMTPServerDisconnected("down"))
    send_test_mail(admin)
    assert (sent(), refused(), failed()) == (1, 1, 1)


@pytest.mark.django_db
@pytest.mark.usefixtures("tasks_run_at_once")
def test_notices_are_counted_by_what_the_receiver_does(
    account: SalesAccount, sandbox: SandboxProcess, make_channel: MakeChannel
) -> None:
    make_channel(ChannelKind.SLACK)
    taken, busy = (counter("msi_notifications_total", channel="slack", outcome=end) for end in ("taken", "busy"))
    sandbox.post("/_sandbox/faults", {"path": "/hooks/slack/", "kind": "status:503", "count": 1})
    for subject in "ab":
        begin(COPY_OLD, account=account, subject=subject, minutes=30)
        tasks.sweep()
    assert (taken(), busy()) == (1, 1)
    sandbox.delete("/_sandbox/faults")


def received(expires_in: timedelta) -> Request:
    """A sweep as a worker takes it out of its queue, which knows all tasks since it started."""
    app.loader.import_default_modules()
    headers = {"id": "canary", "task": Task.SWEEP, "lang": "py", "expires": (timezone.now() + expires_in).isoformat()}
    coding = {"content_type": "application/json", "content_encoding": "utf-8"}
    message = Message(json.dumps([[], {}, {}]), headers=headers, properties={}, delivery_info={}, **coding)
    return Request(message, app=app, task=app.tasks[Task.SWEEP])


def test_messages_that_nobody_begins_are_counted() -> None:
    reasons = ("expired", "revoked")
    expired, taken_back = (counter("msi_tasks_dropped_total", task=Task.SWEEP, reason=one) for one in reasons)
    assert not received(timedelta(seconds=5)).revoked()
    assert (expired(), taken_back()) == (0, 0)
    assert received(timedelta(seconds=-1)).revoked()
    assert (expired(), taken_back()) == (1, 0)
    assert received(timedelta(seconds=5)).revoked()
    assert (expired(), taken_back()) == (1, 1)
    revoked.discard("canary")
