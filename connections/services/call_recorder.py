"""What the calls over a connection show, kept for every screen that tells its health."""

from datetime import datetime
from time import monotonic
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.occurrences import begin
from clients.http import ApiError, CircuitOpenError, ReconnectNeeded
from common.after_commit import after_commit
from connections.emails import send_reconnect_needed
from connections.events import BROKEN
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection, Service
from connections.services.call_log import record_failure, record_usage, without_ids
from problems.codes import PASSING, problem_code

_SECONDS_BETWEEN_NOTES = 10

_log = structlog.get_logger(__name__)

Connection = MarketoConnection | SalesforceConnection


def row_of(connection: Connection, connected_at: datetime | None = None) -> QuerySet[Any]:
    """
    The row of a connection, unless it was connected again since it was read, or since `connected_at`: what was seen
    before says nothing about what is there now.
    """
    rows: QuerySet[Any] = type(connection).objects.filter(pk=connection.pk)
    return rows.filter(connected_at=connected_at or connection.connected_at)


def record_problem(connection: Connection, error: ApiError) -> None:
    """
    Keep what the last call over a connection showed, for every screen that tells its health.

    When the connection ends by it, that is told: of the account's to whoever can act, of a member's own to them.
    """
    problem, rows = problem_code(error), row_of(connection, error.connected_at)
    if isinstance(error, CircuitOpenError):
        # What led to the pause says more than the pause.
        rows.filter(problem="").update(problem=problem)
        return
    # A passing problem must not hide one that stays: it would take that along when it passes.
    (rows.filter(problem__in=["", *PASSING]) if problem in PASSING else rows).update(
        problem=problem, problem_operation=without_ids(error.operation)
    )
    if not isinstance(error, ReconnectNeeded):
        return
    with transaction.atomic():
        if not rows.filter(status=ConnectionStatus.CONNECTED).update(status=ConnectionStatus.NEEDS_RECONNECTING):
            return
        _log.warning("connection_ended", service=error.service, connection=connection.pk, problem=problem)
        _tell(connection, problem)


def _tell(connection: Connection, problem: str) -> None:
    if isinstance(connection, SalesforceConnection) and connection.member_id:
        # About somebody's own nobody else can do anything. A mail server that is down must not hide why it failed.
        after_commit(send_reconnect_needed, connection, problem)
        return
    is_marketo = isinstance(connection, MarketoConnection)
    service = Service.MARKETO if is_marketo else Service.SALESFORCE
    begin(
        BROKEN[service],
        account=connection.account,
        link=reverse("connections:marketo" if is_marketo else "connections:salesforce"),
        concerned=connection.owner if isinstance(connection, MarketoConnection) else connection.connected_by,
        service=service,
        problem=problem,
    )


def end_problem(connection: Connection, problem: str, operation: str) -> None:
    """A call has shown that the problem which `operation` met is gone; another one may have come since."""
    row_of(connection).filter(status=ConnectionStatus.CONNECTED, problem=problem, problem_operation=operation).update(
        problem=""
    )


def record_call_failure(
    account_id: int | None, operation: str, error: ApiError | None, *, user: User | None = None
) -> None:
    """
    Count a call if it was made and failed; an instance without a Sales account has nobody to show it to.

    `user` is whose click it was, where only they can do better.
    """
    if account_id and error and not isinstance(error, CircuitOpenError):
        # Inside a transaction it waits for the end: the database connection may be in the middle of a COPY.
        after_commit(_keep_failure, account_id, operation, error, user=user)


def record_lost_failure(account_id: int, error: ApiError) -> None:
    """Count a failed call whose transaction was rolled back, and what should have been kept at its end with it."""
    if error.operation and not error.is_kept:
        record_call_failure(account_id, error.operation, error)


def _keep_failure(account_id: int, operation: str, error: ApiError, *, user: User | None) -> None:
    record_failure(account_id, operation, error, user=user)
    error.is_kept = True


class CallRecorder:
    """
    Keeps what the calls of one client show: every failure; of successes at most one in ten seconds.

    Inside a transaction a write waits for its end: it must not hold the connection's row while rows stream.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Zero after a failure, so that the next success counts at once.
        self._due = 0.0
        self._usage: dict[str, int] = {}

    def used(self, calls: int, limit: int) -> None:
        self._usage = {"calls_used_today": calls, "calls_per_day": limit}

    def ended(self, operation: str, error: ApiError | None) -> None:
        if error:
            self._due, error.connected_at = 0.0, self._connection.connected_at
            # Diagnostics is about the account's connections, not about those of members.
            if not getattr(self._connection, "member_id", None):
                record_call_failure(self._connection.account_id, operation, error)
        elif monotonic() >= self._due:
            self._due = monotonic() + _SECONDS_BETWEEN_NOTES
            after_commit(self._store)

    def _store(self) -> None:
        """A call that succeeds ends a passing problem; one about rights, or that needs connecting again, stays."""
        if not self._due:  # a later call of the transaction failed
            return
        passes = When(status=ConnectionStatus.CONNECTED, problem__in=PASSING, then=Value(""))
        problem = Case(passes, default=F("problem"))
        row_of(self._connection).update(last_call_at=timezone.now(), problem=problem, **self._usage)
        if self._usage:
            record_usage(self._connection.account_id, Service.SALESFORCE, *self._usage.values())
