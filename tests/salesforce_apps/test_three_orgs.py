"""Two companies and a sandbox org in one console: three keys, each for its own org, and none for another."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from connections.models import SalesforceConnection
from problems.codes import ProblemCode
from problems.messages import PROBLEMS
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT
from tests.pages import text_of
from tests.salesforce_login import address_at_salesforce, log_in_at_salesforce

APPS = "/settings/admin/salesforce/apps/"
UAT = "https://acme--uat.sandbox.my.salesforce.com"
Orgs = dict[str, SandboxProcess]


@pytest.fixture(scope="module")
def others() -> Iterator[Orgs]:
    with (
        SandboxProcess.start(people=10, org_number=2, org_name="Umbrella Ltd") as umbrella,
        SandboxProcess.start(people=10, org_number=3, org_name="Acme UAT") as uat,
    ):
        yield {"umbrella": umbrella, "uat": uat}


@pytest.fixture
def orgs(sandbox: SandboxProcess, others: Orgs) -> Orgs:
    """Each with an app of its own."""
    found = {"acme": sandbox, **others}
    for name, org in found.items():
        made = {"consumer_key": f"{name}-key", "consumer_secret": f"{name}-secret", "name": f"Console of {name}"}
        org.post("/_sandbox/salesforce", {"action": "add_app", **made})
    return found


def enter(browser: Client, name: str, where: dict[str, str]) -> str:
    app = {"kind": "external_client_app", "name": f"Console of {name}", "client_id": f"{name}-key"}
    return text_of(browser.post(APPS, {**where, **app, "client_secret": f"{name}-secret"}, follow=True))


def connect(browser: Client, org: SandboxProcess, where: dict[str, str]) -> str:
    back = log_in_at_salesforce(org, address_at_salesforce(browser.post(CONNECT, where)))
    return text_of(browser.get(back, follow=True))


def test_each_org_is_connected_with_its_own_key(
    admin: User, stranger: User, client_of: ClientOf, orgs: Orgs, settings: Settings
) -> None:
    settings.SALESFORCE_CLIENT_ID = settings.SALESFORCE_CLIENT_SECRET = ""
    acme, umbrella = client_of(admin), client_of(stranger)
    production, uat = {"choice": "production"}, {"choice": "my_domain", "my_domain": UAT}
    settings.SANDBOX_ORIGIN = orgs["acme"].url
    assert "Salesforce knows this app" in enter(acme, "acme", production)
    assert "Connected to Acme Inc" in connect(acme, orgs["acme"], production)
    settings.SANDBOX_ORIGIN = orgs["umbrella"].url
    assert "No Salesforce app is entered" in text_of(umbrella.post(CONNECT, production)), "Acme's is not lent"
    assert str(PROBLEMS[ProblemCode.SALESFORCE_UNKNOWN_KEY].what) in enter(umbrella, "acme", uat)
    assert "Salesforce knows this app" in enter(umbrella, "umbrella", production)
    assert "Connected to Umbrella Ltd" in connect(umbrella, orgs["umbrella"], production)
    settings.SANDBOX_ORIGIN = orgs["uat"].url
    assert "No Salesforce app is entered" in text_of(acme.post(CONNECT, uat)), "production's is not for a sandbox"
    assert "Salesforce knows this app" in enter(acme, "uat", uat)
    assert "Move to another org" in connect(acme, orgs["uat"], uat)
    connected = SalesforceConnection.objects.order_by("org_name")
    assert [(row.org_name, str(row.app)) for row in connected] == [
        ("Acme Inc", "Console of acme"),
        ("Umbrella Ltd", "Console of umbrella"),
    ]
