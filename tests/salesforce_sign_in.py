"""A person who signs in to Salesforce at the sandbox, and the tokens that follow."""

from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from accounts.models import SalesAccount, User
from clients.http import open_session
from clients.salesforce import oauth
from clients.salesforce.oauth import AppKind, OAuthApp, TokenAnswer
from connections.models import SalesforceConnection
from sandbox.testing import SandboxProcess
from tests.factories import make_salesforce_connection
from tests.salesforce_login import log_in_at_salesforce

APP = OAuthApp("sandbox-consumer-key", "sandbox-consumer-secret", AppKind.CONNECTED_APP)
CALLBACK = "http://127.0.0.1:8000/callback"


def sign_in(sandbox: SandboxProcess, challenge: str) -> str:
    """What a person does in the browser: log in and allow the app; answers the code."""
    url = oauth.authorize_url(sandbox.url, APP.client_id, CALLBACK, "state", challenge)
    return parse_qs(urlsplit(log_in_at_salesforce(sandbox, url)).query)["code"][0]


def exchange(sandbox: SandboxProcess, app: OAuthApp, code: str, verifier: str) -> TokenAnswer:
    return oauth.exchange_code(
        app,
        session=open_session(allowed_hosts=[sandbox.url]),
        origin=sandbox.url,
        code=code,
        code_verifier=verifier,
        redirect_uri=CALLBACK,
        extra_origins=[sandbox.url],
    )


def refresh(sandbox: SandboxProcess, tokens: TokenAnswer | SalesforceConnection) -> TokenAnswer:
    session = open_session(allowed_hosts=[sandbox.url])
    return oauth.refresh(
        APP,
        session=session,
        origin=sandbox.url,
        refresh_token=tokens.refresh_token or "",
        extra_origins=[sandbox.url],
    )


def signed_in(sandbox: SandboxProcess) -> TokenAnswer:
    pkce = oauth.new_pkce()
    return exchange(sandbox, APP, sign_in(sandbox, pkce.challenge), pkce.verifier)


def connect_salesforce(sandbox: SandboxProcess, account: SalesAccount, user: User) -> SalesforceConnection:
    """A connection of the account to the sandbox with living tokens, as if `user` had made it."""
    tokens = signed_in(sandbox)
    return make_salesforce_connection(
        account,
        connected_by=user,
        login_origin=sandbox.url,
        instance_url=sandbox.url,
        org_id=tokens.org_id,
        user_id=tokens.user_id,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or "",
        last_call_at=timezone.now(),
    )
