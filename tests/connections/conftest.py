"""Connections made the way people make them: through the pages, with a person at Salesforce."""

import html
import os
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from tests.conftest import PASSWORD, ClientOf
from tests.salesforce_login import log_in_at_salesforce
from tests.sandbox_process import SandboxProcess

CONNECT = "/settings/admin/salesforce/connect/"
PersonAtSalesforce = Callable[..., str]
ChangeOrg = Callable[..., None]


@pytest.fixture(autouse=True)
def _registered_app(settings: Settings) -> None:
    settings.SALESFORCE_CLIENT_ID = "sandbox-consumer-key"
    settings.SALESFORCE_CLIENT_SECRET = "sandbox-consumer-secret"


@pytest.fixture
def change_org(sandbox: SandboxProcess) -> ChangeOrg:
    """Do what an administrator does in Salesforce's Setup."""

    def change(action: str, **values: object) -> None:
        sandbox.post("/_sandbox/salesforce", {"action": action, **values})

    return change


@pytest.fixture
def person_at_salesforce(sandbox: SandboxProcess) -> PersonAtSalesforce:
    """Log in where Connect led to, answer the consent page, and give the address the browser is sent back to."""

    def visit(url: str, *, decision: str = "allow") -> str:
        return log_in_at_salesforce(sandbox, url, "admin@acme.example", "sandbox-password", decision)

    return visit


def process_environment() -> dict[str, str]:
    """For a process of the console that works on the database and the cache of this test."""
    url = urlsplit(django_settings.DATABASE_URL)._replace(path=f"/{database.settings_dict['NAME']}")
    return os.environ | {
        "DATABASE_URL": url.geturl(),
        "REDIS_URL": django_settings.REDIS_URL,
        "SALESFORCE_CLIENT_ID": django_settings.SALESFORCE_CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": django_settings.SALESFORCE_CLIENT_SECRET,
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
    }


def text_of(answer: HttpResponseBase) -> str:
    """The page as its reader sees it: signs such as > unescaped."""
    return html.unescape(answer.content.decode())  # type: ignore[attr-defined]


def press_ok(browser: Client) -> str:
    """Press OK on the confirmation page; answers the address at Salesforce."""
    answer = browser.post(CONNECT, {"choice": "production", "my_domain": ""})
    assert "Refresh" in answer, text_of(answer)
    return str(answer["Refresh"]).removeprefix("0; url=")


@pytest.fixture
def browser_of_this_morning(admin: User, client_of: ClientOf) -> Client:
    """A browser of an admin whose sign-in is older than a change of a connection allows."""
    admin.set_password(PASSWORD)
    admin.save()
    browser = client_of(admin)
    session = browser.session
    session["account_authentication_methods"][0]["at"] -= 15 * 60
    session.save()
    return browser


@pytest.fixture
def salesforce_connection(
    admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> SalesforceConnection:
    browser = client_of(admin)
    browser.get(person_at_salesforce(press_ok(browser)))
    connection: SalesforceConnection = SalesforceConnection.objects.get()
    return connection


@pytest.fixture
def linked_instance(instance: MarketoInstance, account: SalesAccount) -> MarketoInstance:
    """The Marketo instance the Sales account was set up from."""
    instance.account = account
    instance.save()
    return instance


@pytest.fixture
def marketo_connection(admin: User, linked_instance: MarketoInstance, client_of: ClientOf) -> MarketoConnection:
    client_of(admin).post("/settings/admin/marketo/connect/")
    connection: MarketoConnection = MarketoConnection.objects.get()
    return connection


@pytest.fixture
def checked(salesforce_connection: SalesforceConnection, linked_instance: MarketoInstance) -> SalesAccount:
    """An account whose org can be checked."""
    return linked_instance.account  # type: ignore[return-value]
