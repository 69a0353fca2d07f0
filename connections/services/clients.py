"""The clients of both neighbours as the other rooms use them: stored credentials, shared tokens, what calls show."""

import hashlib
from functools import partial
from time import monotonic
from typing import Any

import requests
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from connections.http import ApiError, ReconnectNeeded, open_session
from connections.marketo.client import MarketoClient
from connections.models import ConnectionStatus, MarketoConnection, MarketoInstance, SalesforceConnection
from connections.problems import problem_code
from connections.salesforce import oauth
from connections.salesforce.client import SalesforceClient
from connections.salesforce.errors import SERVICE as SALESFORCE
from msi_admin.encryption import cipher

_SECONDS_BETWEEN_NOTES = 10


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
    )


def connected_app() -> oauth.ConnectedApp:
    """The app as which this console is registered with Salesforce."""
    return oauth.ConnectedApp(settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET)


def local_origins() -> list[str]:
    """Origins that stand in for the neighbours on this machine; from server settings only."""
    return [settings.SANDBOX_ORIGIN] if settings.SANDBOX_ORIGIN else []


def record_problem(connection: MarketoConnection | SalesforceConnection, error: ApiError) -> None:
    """Keep what the last call over a connection showed, for every screen that tells its health."""
    changes = {"problem": problem_code(error)}
    if isinstance(error, ReconnectNeeded):
        changes["status"] = ConnectionStatus.NEEDS_RECONNECTING
    type(connection).objects.filter(pk=connection.pk).update(**changes)


class CallNotes:
    """
    Keeps the numbers of the last answer on the connection, with at most one write in ten seconds.

    Inside a transaction the write waits for its end: it must not hold the connection's row while rows stream.
    """

    def __init__(self, connection: MarketoConnection | SalesforceConnection) -> None:
        self._rows = type(connection).objects.filter(pk=connection.pk)
        self._due = 0.0

    def write(self, **numbers: int) -> None:
        if monotonic() < self._due:
            return
        self._due = monotonic() + _SECONDS_BETWEEN_NOTES
        note = partial(self._rows.update, last_call_at=timezone.now(), **numbers)
        transaction.on_commit(note, robust=True)


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
        row.refresh_token = answer.refresh_token or row.refresh_token
        row.save(update_fields=["access_token", "instance_url", "refresh_token"])
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
