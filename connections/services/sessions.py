"""What every call to a provider needs: a session, the app that the console is, and which hosts are allowed besides."""

from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache

from clients import http
from clients.http import ProviderSession
from clients.salesforce import oauth


def open_session(*, allowed_hosts: Iterable[str]) -> ProviderSession:
    """A session as clients.http opens it; all processes share what they know of endpoints that fail."""
    return http.open_session(allowed_hosts=allowed_hosts, circuits=cache)


def connected_app() -> oauth.ConnectedApp:
    """The app as which this console is registered with Salesforce."""
    return oauth.ConnectedApp(settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET)


def local_origins() -> list[str]:
    """Origins that stand in for the providers on this machine; from server settings only."""
    return [settings.SANDBOX_ORIGIN] if settings.SANDBOX_ORIGIN else []
