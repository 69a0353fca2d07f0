"""Tokens that all workers share: one of them renews, the others find what it stored."""

import hashlib
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from clients.http import ProviderSession, ReconnectNeeded, reported_call
from clients.salesforce import oauth
from clients.salesforce.client import Access
from clients.salesforce.errors import SERVICE as SALESFORCE
from clients.salesforce.oauth import TOKEN_PATH
from common.encryption import cipher
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from connections.services.call_recorder import CallRecorder, record_problem
from connections.services.sessions import oauth_app, open_session
from connections.services.token_grants import tokens_for

_TOKEN_MAY_IDLE = timedelta(days=7)


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
    with reported_call(CallRecorder(connection).ended, TOKEN_PATH, SALESFORCE):
        access = TokenRefresh(connection, session)()
    connection.instance_url, connection.access_token = access


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
            # The app is read only now that the row is held: whoever held it may have replaced the app's secret.
            refresh_row(row, oauth_app(row.app), self._session)
        return Access(row.instance_url, row.access_token)


def refresh_row(row: SalesforceConnection, app: oauth.OAuthApp, session: ProviderSession) -> None:
    """Get and store a new access token of a row that this transaction holds. Raises ApiError."""
    answer = tokens_for(row, app, session)
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
