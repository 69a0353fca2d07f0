"""People on the way to Salesforce and back, and an administrator who changes things there."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import SalesAccount, User
from connections.models import MarketoInstance, SalesforceConnection
from connections.turns import MINUTES
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.factories import with_password
from tests.pages import text_of
from tests.salesforce_login import leave_for_salesforce, log_in_at_salesforce
from tests.signing_in import let_sign_in_age

CONNECT = "/settings/admin/salesforce/connect/"
CONNECT_OWN = "/settings/salesforce/connect/"
PersonAtSalesforce = Callable[..., str]
ChangeOrg = Callable[..., None]
MinuteOf = Callable[[SalesAccount], None]


@pytest.fixture(autouse=True)
def _registered_app(settings: Settings) -> None:
    settings.SALESFORCE_CLIENT_ID = "sandbox-consumer-key"
    settings.SALESFORCE_CLIENT_SECRET = "sandbox-consumer-secret"
    settings.SALESFORCE_APP_KIND = "connected_app"


@pytest.fixture
def minute_of() -> Iterator[MinuteOf]:
    """Let it be the minute of the hour in which an account is looked at."""
    with ExitStack() as stack:

        def travel(account: SalesAccount) -> None:
            # From its first second on: a test that begins in its last one would go on in the next minute.
            begins = timezone.now().replace(minute=account.pk % MINUTES, second=0)
            stack.enter_context(time_machine.travel(begins))

        yield travel


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
        return log_in_at_salesforce(sandbox, url, decision=decision)

    return visit


def process_environment() -> dict[str, str]:
    """For a process of the console that works on the database and the cache of this test."""
    url = urlsplit(django_settings.DATABASE_URL)._replace(path=f"/{database.settings_dict['NAME']}")
    return os.environ | {
        "DATABASE_URL": url.geturl(),
        "REDIS_URL": django_settings.REDIS_URL,
        "SALESFORCE_CLIENT_ID": django_settings.SALESFORCE_CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": django_settings.SALESFORCE_CLIENT_SECRET,
        "SALESFORCE_APP_KIND": django_settings.SALESFORCE_APP_KIND,
        "FIELD_ENCRYPTION_KEYS": ",".join(django_settings.FIELD_ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
    }


def press_ok(browser: Client) -> str:
    """Press OK on the confirmation page; answers the address at Salesforce."""
    return leave_for_salesforce(browser, CONNECT)


def connect_own(browser: Client, person: PersonAtSalesforce) -> str:
    """Connect oneself, and answer the page one ends on."""
    return text_of(browser.get(person(leave_for_salesforce(browser, CONNECT_OWN)), follow=True))


@pytest.fixture
def browser_of_this_morning(admin: User, client_of: ClientOf) -> Client:
    """A browser of an admin whose sign-in is older than a change of a connection allows."""
    return let_sign_in_age(client_of(with_password(admin)))


@pytest.fixture
def checked(salesforce_connection: SalesforceConnection, linked_instance: MarketoInstance) -> SalesAccount:
    """An account whose org can be checked."""
    return linked_instance.account  # type: ignore[return-value]
