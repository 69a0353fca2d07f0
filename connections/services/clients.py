"""The clients of both providers as the other rooms use them: stored credentials, shared tokens, what calls show."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from clients import http
from clients.http import ApiError, CircuitOpenError, ProviderSession, ReconnectNeeded, reported_call
from clients.marketo.client import MarketoClient
from clients.salesforce import oauth
from clients.salesforce.client import Access, SalesforceClient
from clients.salesforce.errors import SERVICE as SALESFORCE
from clients.salesforce.oauth import TOKEN_PATH
from common.encryption import cipher
from connections.credentials import check_readable
from connections.emails import send_reconnect_needed
from connections.messages import problem_code
from connections.models import ConnectionStatus, MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.call_log import record_failure, record_usage, without_ids

_SECONDS_BETWEEN_NOTES = 10
_TOKEN_MAY_IDLE = timedelta(days=7)
# What any call that succeeds disproves. The rest is about one kind of call: a check or a new connection ends it.
_PASSING = [f"{service}_{kind}" for service in Service for kind in ("unreachable", "paused", "busy", "quota")]

_log = structlog.get_logger(__name__)

Connection = MarketoConnection | SalesforceConnection


def marketo_client(source: MarketoConnection | MarketoInstance) -> MarketoClient:
    """
    A client with the credentials of a connection or an instance; not for use by two threads at once.

    Raises CredentialsUnreadable.
    """
    check_readable(Service.MARKETO, source.client_secret)
    return MarketoClient(
        source.endpoint,
        source.client_id,
        source.client_secret,
        session=open_session(allowed_hosts=[source.endpoint]),
        token_cache=SharedTokenCache(source),
        on_call=CallNotes(source).ended
        if isinstance(source, MarketoConnection)
        else partial(note_failure, source.account_id),
    )


def salesforce_client(connection: SalesforceConnection) -> SalesforceClient:
    """
    A client with the tokens of a connection; not for use by two threads at once.

    A refused token is refreshed in a transaction of its own: do not call Salesforce inside one, or that raises
    RuntimeError. Its calls raise ReconnectNeeded when the connection is refused for good; the row then says so.
    Raises CredentialsUnreadable.
    """
    check_readable(SALESFORCE, connection.access_token, connection.refresh_token)
    session = open_session(allowed_hosts=[connection.instance_url, connection.login_origin])
    notes = CallNotes(connection)
    return SalesforceClient(
        Access(connection.instance_url, connection.access_token),
        refresh=TokenRefresh(connection, session),
        session=session,
        on_usage=notes.used,
        on_call=notes.ended,
    )


def renew_idle_token(connection: SalesforceConnection) -> None:
    """
    Use the refresh token before it has idled for so long that Salesforce forgets it. Raises ApiError.

    Calls alone do not use it: each of them prolongs the access token.
    """
    if timezone.now() >= connection.refreshed_at + _TOKEN_MAY_IDLE:
        renew_access(connection)


def renew_access(connection: SalesforceConnection) -> None:
    """Get a new access token now, and with it where the org is now. Changes `connection`; raises ApiError."""
    session = open_session(allowed_hosts=[connection.login_origin])
    with reported_call(CallNotes(connection).ended, TOKEN_PATH):
        access = TokenRefresh(connection, session)()
    connection.instance_url, connection.access_token = access


def open_session(*, allowed_hosts: Iterable[str]) -> ProviderSession:
    """A session as clients.http opens it; all processes share what they know of endpoints that fail."""
    return http.open_session(allowed_hosts=allowed_hosts, circuits=cache)


def connected_app() -> oauth.ConnectedApp:
    """The app as which this console is registered with Salesforce."""
    return oauth.ConnectedApp(settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET)


def local_origins() -> list[str]:
    """Origins that stand in for the providers on this machine; from server settings only."""
    return [settings.SANDBOX_ORIGIN] if settings.SANDBOX_ORIGIN else []


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

    When the connection ends by it, the person who made it is told by mail, once.
    """
    problem, rows = problem_code(error), row_of(connection, error.connected_at)
    if isinstance(error, CircuitOpenError):
        # What led to the pause says more than the pause.
        rows.filter(problem="").update(problem=problem)
        return
    # A passing problem must not hide one that stays: it would take that along when it passes.
    (rows.filter(problem__in=["", *_PASSING]) if problem in _PASSING else rows).update(
        problem=problem, problem_operation=without_ids(error.operation)
    )
    if not isinstance(error, ReconnectNeeded):
        return
    if rows.filter(status=ConnectionStatus.CONNECTED).update(status=ConnectionStatus.NEEDS_RECONNECTING):
        _log.warning("connection_ended", service=error.service, connection=connection.pk, problem=problem)
        # A mail server that is down must not hide why the call failed.
        transaction.on_commit(partial(send_reconnect_needed, connection, problem), robust=True)


def end_problem(connection: Connection, problem: str, operation: str) -> None:
    """A call has shown that the problem which `operation` met is gone; another one may have come since."""
    row_of(connection).filter(status=ConnectionStatus.CONNECTED, problem=problem, problem_operation=operation).update(
        problem=""
    )


def note_failure(account_id: int | None, operation: str, error: ApiError | None, *, user: User | None = None) -> None:
    """
    Count a call if it was made and failed; an instance without a Sales account has nobody to show it to.

    `user` is whose click it was, where only they can do better.
    """
    if account_id and error and not isinstance(error, CircuitOpenError):
        # Inside a transaction it waits for the end: the database connection may be in the middle of a COPY.
        transaction.on_commit(partial(record_failure, account_id, operation, error, user=user), robust=True)


class CallNotes:
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
                note_failure(self._connection.account_id, operation, error)
        elif monotonic() >= self._due:
            self._due = monotonic() + _SECONDS_BETWEEN_NOTES
            transaction.on_commit(self._store, robust=True)

    def _store(self) -> None:
        """A call that succeeds ends a passing problem; one about rights, or that needs connecting again, stays."""
        if not self._due:  # a later call of the transaction failed
            return
        rows = row_of(self._connection)
        rows.update(last_call_at=timezone.now(), **self._usage)
        rows.filter(status=ConnectionStatus.CONNECTED, problem__in=_PASSING).update(problem="")
        if self._usage:
            record_usage(self._connection.account_id, Service.SALESFORCE, *self._usage.values())


class TokenRefresh:
    """Gets a new access for one client, unless another worker has just stored one."""

    def __init__(self, connection: SalesforceConnection, session: ProviderSession) -> None:
        self._connection, self._session, self._refused = connection, session, connection.access_token

    def __call__(self) -> Access:
        try:
            access = self._newest_access()
        except ReconnectNeeded as error:
            record_problem(self._connection, error)
            raise
        self._session.allow(access.instance_url)
        self._refused = access.token
        return access

    # Durable: a rotated refresh token must be stored, not rolled back with somebody else's transaction.
    @transaction.atomic(durable=True)
    def _newest_access(self) -> Access:
        row = SalesforceConnection.objects.select_for_update().filter(pk=self._connection.pk).first()
        if row is None:
            raise ReconnectNeeded(SALESFORCE, "disconnected")
        if row.access_token == self._refused:
            self._refresh(row)
        return Access(row.instance_url, row.access_token)

    def _refresh(self, row: SalesforceConnection) -> None:
        answer = oauth.refresh(
            connected_app(),
            session=self._session,
            origin=row.login_origin,
            refresh_token=row.refresh_token,
            extra_origins=local_origins(),
        )
        row.access_token, row.instance_url = answer.access_token, answer.instance_url
        if answer.refresh_token:
            row.refresh_token, row.rotations = answer.refresh_token, row.rotations + 1
        row.refreshed_at = timezone.now()
        row.save(update_fields=["access_token", "instance_url", "refresh_token", "rotations", "refreshed_at"])


class SharedTokenCache:
    """Marketo's access token, kept encrypted in the cache that all workers share; a `marketo.types.TokenCache`."""

    def __init__(self, source: MarketoConnection | MarketoInstance) -> None:
        name = hashlib.sha256(f"{source.endpoint} {source.client_id}".encode()).hexdigest()
        self._key = f"marketo-token-{name}"

    def get(self) -> str | None:
        stored: Any = cache.get(self._key)
        try:
            return cipher().decrypt(stored).decode() if stored else None
        except InvalidToken:  # encrypted with a key that is gone
            return None

    def set(self, token: str, seconds: int) -> None:
        cache.set(self._key, cipher().encrypt(token.encode()), seconds)

    def clear(self) -> None:
        cache.delete(self._key)
