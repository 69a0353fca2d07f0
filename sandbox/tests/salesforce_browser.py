"""A person in front of Salesforce's pages, and the app that sent them there, over plain HTTP."""

import base64
import hashlib
import re
from html import unescape
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from sandbox.testing import SandboxProcess

CALLBACK = "http://127.0.0.1:9/callback"
CLIENT = {"client_id": "sandbox-consumer-key", "client_secret": "sandbox-consumer-secret"}
ADMIN = ("admin@acme.example", "sandbox-password")
SCOPE = "api refresh_token id openid"
# As long as the verifier of a known client, and the same in every process of a test run.
VERIFIER = "verifier-of-the-tests" * 8
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def act(sandbox: SandboxProcess, action: str, **values: object) -> None:
    """Change the org through the control API."""
    sandbox.post("/_sandbox/salesforce", {"action": action, **values})


class Browser:
    """A browser with its cookies; it stops at the app's callback, which nobody serves."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.url = sandbox.url
        self.session = requests.Session()
        self.page = requests.Response()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def get(self, path: str, params: dict[str, str] | None = None) -> str:
        return self._follow(self.session.get(self.url + path, params=params, allow_redirects=False, timeout=10))

    def _follow(self, answer: requests.Response) -> str:
        """The page arrived at, or the callback address with its answer."""
        while answer.is_redirect:
            target = urljoin(answer.url, answer.headers["Location"])
            if target.startswith(CALLBACK):
                return target
            answer = self.session.get(target, allow_redirects=False, timeout=10)
        self.page = answer
        return answer.url

    def submit(self, **fields: str) -> str:
        """Fill in and send the page's form with a button that goes by one of the fields."""
        found = re.search(r'<form method="post"(?: action="([^"]*)")?', self.page.text)
        assert found, self.page.text
        target = urljoin(self.page.url, unescape(found[1] or ""))
        return self._follow(self.session.post(target, data=fields, allow_redirects=False, timeout=10))

    def log_in(self, credentials: tuple[str, str] = ADMIN) -> str:
        username, password = credentials
        return self.submit(username=username, password=password)

    def authorize(self, **changes: str | None) -> str:
        """Ask for authorisation as the app does; None leaves a parameter out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT["client_id"],
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return self.get(
            "/services/oauth2/authorize", {name: value for name, value in asked.items() if value is not None}
        )

    def answer(self, **changes: str | None) -> dict[str, str]:
        """The whole way through login and consent; what the callback gets."""
        at = self.authorize(**changes)
        if "/login" in at:
            at = self.log_in()
        if not at.startswith(CALLBACK):
            at = self.submit(decision="allow")
        return read_answer(at)


def read_answer(address: str) -> dict[str, str]:
    assert address.startswith(CALLBACK), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


def redeem(sandbox: SandboxProcess, code: str, **changes: str) -> requests.Response:
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **CLIENT,
        **changes,
    }
    return requests.post(f"{sandbox.url}/services/oauth2/token", data=asked, timeout=10)


def refresh(sandbox: SandboxProcess, refresh_token: str) -> requests.Response:
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token, **CLIENT}
    return requests.post(f"{sandbox.url}/services/oauth2/token", data=asked, timeout=10)


def connect(sandbox: SandboxProcess, **changes: str | None) -> dict[str, Any]:
    """The token answer of a new connection of the administrator."""
    with Browser(sandbox) as browser:
        code = browser.answer(**changes)["code"]
    tokens: dict[str, Any] = redeem(sandbox, code).json()
    return tokens


class Api:
    """The REST API with a token."""

    def __init__(self, sandbox: SandboxProcess, token: str, version: str = "62.0") -> None:
        self.base = f"{sandbox.url}/services/data/v{version}"
        self.origin = sandbox.url
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self.headers | options.pop("headers", {})
        url = self.origin + path if path.startswith("/services/") else self.base + path
        return requests.request(method, url, headers=headers, timeout=30, allow_redirects=False, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def create(self, sobject: str, **values: object) -> str:
        """The id of a new record."""
        answer = self.call("POST", f"/sobjects/{sobject}", json=values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def record(self, sobject: str, record_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/sobjects/{sobject}/{record_id}").json()
        return found

    def query(self, soql: str, resource: str = "/query") -> dict[str, Any]:
        answer = self.get(resource, params={"q": soql})
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def names(self, soql: str) -> list[Any]:
        """The first selected column of every record."""
        return [list(record.values())[1] for record in self.query(soql)["records"]]

    def refusal(self, soql: str, resource: str = "/query") -> tuple[str, str]:
        """The code and message a query is refused with."""
        answer = self.get(resource, params={"q": soql})
        assert answer.status_code == 400, answer.text
        return answer.json()[0]["errorCode"], answer.json()[0]["message"]


def is_alive(sandbox: SandboxProcess, access_token: str) -> bool:
    return Api(sandbox, access_token).get("/limits").ok
