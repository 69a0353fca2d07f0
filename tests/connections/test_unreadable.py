"""Credentials that no key can read: the connection needs reconnecting and says so, once, and no page breaks."""

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from accounts.models import Occurrence, User
from connections.events import BROKEN
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.services.health import check_account, check_connection
from problems.messages import ConnectionProblem
from salesforce_package.services import check_package
from tests.conftest import ClientOf
from tests.connections.conftest import PersonAtSalesforce, press_ok
from tests.pages import text_of
from tests.test_access import PAGES_OF_CONNECTIONS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lost_key(
    salesforce_connection: SalesforceConnection, marketo_connection: MarketoConnection, settings: Settings
) -> list[str]:
    """The keys of before: somebody has put another one in their place."""
    before: list[str] = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return before


def statuses() -> set[tuple[str, str]]:
    models = (SalesforceConnection, MarketoConnection)
    return {model.objects.values_list("status", "problem").get() for model in models}


def test_both_connections_need_reconnecting_and_that_is_told_once(
    lost_key: list[str],
    admin: User,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _hour in range(2):
        check_account(admin.member.account)
    assert caplog.text.count("connection_ended") == 2
    assert set(Occurrence.objects.going_on().values_list("event", "concerned")) == {
        (event.key, admin.pk) for event in BROKEN.values()
    }
    assert statuses() == {
        (ConnectionStatus.NEEDS_RECONNECTING, "salesforce_unreadable"),
        (ConnectionStatus.NEEDS_RECONNECTING, "marketo_unreadable"),
    }
    page = text_of(client_of(admin).get("/settings/admin/salesforce/"))
    assert "Needs reconnecting" in page
    assert "the key it was encrypted with is missing" in page


@pytest.mark.parametrize(
    "url", ["/", "/marketo/sales-insight/actions-config/", *(url for _method, url in PAGES_OF_CONNECTIONS)]
)
def test_no_page_breaks(lost_key: list[str], admin: User, client_of: ClientOf, url: str) -> None:
    assert client_of(admin).get(url, follow=True).status_code in {200, 403, 404}


def test_check_again_says_what_is_the_matter(lost_key: list[str], admin: User) -> None:
    with pytest.raises(ConnectionProblem) as refused:
        check_package(admin.member.account)
    assert "the key it was encrypted with is missing" in str(refused.value.problem.what)
    assert SalesforceConnection.objects.get().status == ConnectionStatus.NEEDS_RECONNECTING


def test_the_key_that_comes_back_heals_them(lost_key: list[str], admin: User, settings: Settings) -> None:
    check_account(admin.member.account)
    settings.FIELD_ENCRYPTION_KEYS = lost_key
    check_account(admin.member.account)
    assert statuses() == {(ConnectionStatus.CONNECTED, "")}


def test_connecting_again_heals_it_too(
    lost_key: list[str], admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    check_account(admin.member.account)
    browser = client_of(admin)
    browser.get(person_at_salesforce(press_ok(browser)))
    check_connection(SalesforceConnection.objects.get())
    assert (ConnectionStatus.CONNECTED, "") in statuses()
