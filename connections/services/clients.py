"""The clients of both neighbours as the other rooms use them: stored credentials, shared tokens, what calls show."""

import hashlib
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

import requests
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from connections.emails import send_reconnect_needed
from connections.http import ApiError, ReconnectNeeded, open_session, reported_failures
from connections.marketo.client import MarketoClient
from connections.models import ConnectionStatus, MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.problems import problem_code
from connections.salesforce import oauth
from connections.salesforce.client import SalesforceClient
from connections.salesforce.errors import SERVICE as SALESFORCE
from connections.services.diagnostics import record_failure, record_usage
from msi_admin.encryption import cipher

_SECONDS_BETWEEN_NOTES = 10
_TOKEN_MAY_IDLE = timedelta(days=7)


def marketo_client(source: MarketoConnection | MarketoInstance) -> MarketoClient:
    """A client with the credentials of a connection or an instance; not for use by two threads at once."""
    session = open_session(allowed_hosts=[source.endpoint])
    if isinstance(source, MarketoConnection):
        notes = CallNotes(source)
        session.hooks["response"].append(lambda _response, **_options: notes.write())
    return MarketoClient(
        source.endpoint,
        source.client_id,
        source.client_secret,
        session=session,
        token_cache=SharedTokenCache(source),
        on_failure=partial(_note_failure, source.account_id),
    )


def salesforce_client(connection: SalesforceConnection) -> SalesforceClient:
    """
    A client with the tokens of a connection; not for use by two threads at once.

    A refused token is refreshed in a transaction of its own: do not call Salesforce inside one, or that raises
    RuntimeError. Its calls raise ReconnectNeeded when the connection is refused for good; the row then says so.
    """
    session = open_session(allowed_hosts=[connection.instance_url, connection.login_origin])
    notes = CallNotes(connection)
    return SalesforceClient(
        connection.instance_url,
        connection.access_token,
        refresh=TokenRefresh(connection, session),
        session=session,
        on_usage=lambda used, allowed: notes.write(calls_used_today=used, calls_per_day=allowed),
        on_failure=partial(_note_failure, connection.account_id),
    )


def renew_idle_token(connection: SalesforceConnection) -> None:
    """
    Use the refresh token before it has idled for so long that Salesforce forgets it. Raises ApiError.

    Calls alone do not use it: each of them prolongs the access token.
    """
    if timezone.now() < connection.refreshed_at + _TOKEN_MAY_IDLE:
        return
    session = open_session(allowed_hosts=[connection.login_origin])
    with reported_failures(partial(_note_failure, connection.account_id), "/services/oauth2/token"):
        TokenRefresh(connection, session)()


def connected_app() -> oauth.ConnectedApp:
    """The app as which this console is registered with Salesforce."""
    return oauth.ConnectedApp(settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET)


def local_origins() -> list[str]:
    """Origins that stand in for the neighbours on this machine; from server settings only."""
    return [settings.SANDBOX_ORIGIN] if settings.SANDBOX_ORIGIN else []


def record_problem(connection: MarketoConnection | SalesforceConnection, error: ApiError) -> None:
    """
    Keep what the last call over a connection showed, for every screen that tells its health.

    When the connection ends by it, the person who made it is told by mail, once.
    """
    problem, rows = problem_code(error), type(connection).objects.filter(pk=connection.pk)
    rows.update(problem=problem)
    if not isinstance(error, ReconnectNeeded):
        return
    if rows.filter(status=ConnectionStatus.CONNECTED).update(status=ConnectionStatus.NEEDS_RECONNECTING):
        # A mail server that is down must not hide why the call failed.
        transaction.on_commit(partial(send_reconnect_needed, connection, problem), robust=True)


def _note_failure(account_id: int | None, operation: str, error: ApiError) -> None:
    """Count a failed call; an instance without a Sales account has nobody to show it to."""
    if account_id:
        # Inside a transaction it waits for the end: the database connection may be in the middle of a COPY.
        transaction.on_commit(partial(record_failure, account_id, operation, error), robust=True)


class CallNotes:
    """
    Keeps the numbers of the last answer on the connection, with at most one write in ten seconds.

    Inside a transaction the write waits for its end: it must not hold the connection's row while rows stream.
    """

    def __init__(self, connection: MarketoConnection | SalesforceConnection) -> None:
        self._connection = connection
        self._due = 0.0

    def write(self, **numbers: int) -> None:
        if monotonic() < self._due:
            return
        self._due = monotonic() + _SECONDS_BETWEEN_NOTES
        transaction.on_commit(partial(self._store, **numbers), robust=True)

    def _store(self, **numbers: int) -> None:
        rows = type(self._connection).objects.filter(pk=self._connection.pk)
        rows.update(last_call_at=timezone.now(), **numbers)
        if numbers:
            record_usage(
                self._connection.account_id, Service.SALESFORCE, numbers["calls_used_today"], numbers["calls_per_day"]
            )


class TokenRefresh:
    """Gets a new access token for one client, unless another worker has just stored one."""

    def __init__(self, connection: SalesforceConnection, session: requests.Session) -> None:
        self._connection, self._session, self._refused = connection, session, connection.access_token

    def __call__(self) -> str:
        try:
            self._refused = self._newest_token()
        except ReconnectNeeded as error:
            record_problem(self._connection, error)
            raise
        return self._refused

    # Durable: a rotated refresh token must be stored, not rolled back with somebody else's transaction.
    @transaction.atomic(durable=True)
    def _newest_token(self) -> str:
        row = SalesforceConnection.objects.select_for_update().filter(pk=self._connection.pk).first()
        if row is None:
            raise ReconnectNeeded(SALESFORCE, "disconnected")
        if row.access_token != self._refused:
            return str(row.access_token)
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
        return answer.access_token


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
