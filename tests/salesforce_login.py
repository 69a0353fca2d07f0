"""A person at the sandbox's Salesforce."""

import html
import re
from urllib.parse import urljoin, urlsplit

import requests
from django.http import HttpResponseBase
from django.test import Client

from sandbox.testing import SandboxProcess
from tests.pages import text_of

# The name and the password of the org's administrator.
ADMINISTRATOR = ("admin@acme.example", "sandbox-password")
# What the form that asks for the kind of org sends.
CHOICE = {"choice": "production", "my_domain": ""}


def leave_for_salesforce(browser: Client, page: str) -> str:
    """Choose the production org on a page of the console and go on; the address at Salesforce."""
    return address_at_salesforce(browser.post(page, CHOICE))


def address_at_salesforce(answer: HttpResponseBase) -> str:
    """Where the page that leaves for Salesforce leads to."""
    assert "Refresh" in answer, text_of(answer)
    return str(answer["Refresh"]).removeprefix("0; url=")


def log_in_at_salesforce(
    sandbox: SandboxProcess, url: str, credentials: tuple[str, str] = ADMINISTRATOR, *, decision: str = "allow"
) -> str:
    """Log in where `url` leads to, answer the consent page, and give the address the browser is sent back to."""
    username, password = credentials
    with requests.Session() as browser:
        page = browser.get(url)
        answer = browser.post(page.url, data={"username": username, "password": password}, allow_redirects=False)
        answer = browser.get(urljoin(sandbox.url, answer.headers["Location"]), allow_redirects=False)
        if consent := re.search(r'action="([^"]+)"', answer.text):
            action = urljoin(sandbox.url, html.unescape(consent[1]))
            answer = browser.post(action, data={"decision": decision}, allow_redirects=False)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"
