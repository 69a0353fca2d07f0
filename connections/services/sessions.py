"""What every call to a provider needs: a session, the app that the console is, and which hosts are allowed besides."""

from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache

from accounts.models import SalesAccount
from clients import http
from clients.hosts import PRODUCTION_LOGIN, SANDBOX_LOGIN, is_sandbox_login
from clients.http import ProviderSession
from clients.salesforce import oauth
from clients.salesforce.errors import SERVICE
from connections.models import SalesforceApp
from problems.codes import ProblemCode
from problems.errors import AppUnreadable
from problems.messages import ConnectionProblem


def open_session(*, allowed_hosts: Iterable[str]) -> ProviderSession:
    """A session as clients.http opens it; all processes share what they know of endpoints that fail."""
    return http.open_session(allowed_hosts=allowed_hosts, circuits=cache)


def oauth_app(app: SalesforceApp | None) -> oauth.OAuthApp:
    """The credentials of an account's app, or of the operator's where there is none. Raises AppUnreadable."""
    if app is None:
        kind = oauth.AppKind(settings.SALESFORCE_APP_KIND)
        return oauth.OAuthApp(settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET, kind)
    if not app.client_secret:
        raise AppUnreadable(SERVICE, "unreadable")
    return oauth.OAuthApp(app.client_id, app.client_secret, oauth.AppKind(app.kind))


def has_app(account: SalesAccount) -> bool:
    """Is there any app at all to ask an org with?"""
    return bool(settings.SALESFORCE_CLIENT_ID) or SalesforceApp.objects.for_account(account).exists()


def app_of_org(account: SalesAccount, org_origin: str) -> SalesforceApp | None:
    """
    The account's app for the org that logs in at an origin: its own, or that of all production orgs or sandboxes.

    None where the operator's app is the one to ask with. Raises ConnectionProblem where there is none either.
    """
    shared = SANDBOX_LOGIN if is_sandbox_login(org_origin) else PRODUCTION_LOGIN
    apps = {app.org_origin: app for app in SalesforceApp.objects.for_account(account)}
    found = apps.get(org_origin) or apps.get(shared)
    if found is None and not settings.SALESFORCE_CLIENT_ID:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NO_APP)
    return found


def calling_origin(org_origin: str) -> str:
    """Where the org that logs in at `org_origin` is called: there, or at what stands in for it on this machine."""
    return settings.SANDBOX_ORIGIN or org_origin


def local_origins() -> list[str]:
    """Origins that stand in for the providers on this machine; from server settings only."""
    return [settings.SANDBOX_ORIGIN] if settings.SANDBOX_ORIGIN else []
