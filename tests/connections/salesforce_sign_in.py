"""A person who signs in to Salesforce at the sandbox, and the tokens that follow."""

import html
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from clients.http import open_session
from clients.salesforce import oauth
from clients.salesforce.oauth import ConnectedApp, TokenAnswer
from connections.models import SalesforceConnection
from tests.sandbox_process import SandboxProcess

APP = ConnectedApp("sandbox-consumer-key", "sandbox-consumer-secret")
CALLBACK = "http://127.0.0.1:8000/callback"


def sign_in(sandbox: SandboxProcess, challenge: str) -> str:
    """What a person does in the browser: log in and allow the app; answers the code."""
    browser = requests.Session()
    page = browser.get(oauth.authorize_url(sandbox.url, APP.client_id, CALLBACK, "state", challenge))
    form = {"username": "admin@acme.example", "password": "sandbox-password"}
    answer = browser.post(page.url, data=form, allow_redirects=False)
    answer = browser.get(urljoin(sandbox.url, answer.headers["Location"]), allow_redirects=False)
    if consent := re.search(r'action="([^"]+)"', answer.text):
        action = urljoin(sandbox.url, html.unescape(consent[1]))
        answer = browser.post(action, data={"decision": "allow"}, allow_redirects=False)
    browser.close()
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(sandbox: SandboxProcess, app: ConnectedApp, code: str, verifier: str) -> TokenAnswer:
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
