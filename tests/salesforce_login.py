"""A person at the sandbox's Salesforce."""

import html
import re
from urllib.parse import urljoin, urlsplit

import requests

from tests.sandbox_process import SandboxProcess


def log_in_at_salesforce(sandbox: SandboxProcess, url: str, username: str, password: str, decision: str) -> str:
    """Log in where `url` leads to, answer the consent page, and give the address the browser is sent back to."""
    with requests.Session() as browser:
        page = browser.get(url)
        answer = browser.post(page.url, data={"username": username, "password": password}, allow_redirects=False)
        answer = browser.get(urljoin(sandbox.url, answer.headers["Location"]), allow_redirects=False)
        if consent := re.search(r'action="([^"]+)"', answer.text):
            action = urljoin(sandbox.url, html.unescape(consent[1]))
            answer = browser.post(action, data={"decision": decision}, allow_redirects=False)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"
