"""Who may open which page of this room."""

import pytest

from accounts.models import SalesAccount, User
from connections.models import SalesforceConnection
from tests.conftest import ClientOf
from tests.factories import make_user

SALESFORCE_PAGES = [
    ("get", "/settings/admin/salesforce/"),
    ("get", "/settings/admin/salesforce/connect/"),
    ("post", "/settings/admin/salesforce/connect/"),
    ("get", "/settings/admin/salesforce/disconnect/"),
    ("post", "/settings/admin/salesforce/disconnect/"),
    ("get", "/settings/admin/salesforce-package/"),
    ("post", "/settings/admin/salesforce-package/check/"),
    ("get", "/settings/admin/salesforce-package/sheet/"),
    ("post", "/settings/admin/salesforce-package/items/governance/"),
    ("get", "/settings/integrations/diagnostics/"),
    ("post", "/settings/integrations/diagnostics/check/"),
    ("post", "/settings/integrations/diagnostics/1/retry/"),
    ("post", "/settings/integrations/help-link/"),
]
MARKETO_PAGES = [
    ("get", "/settings/admin/marketo/"),
    ("post", "/settings/admin/marketo/connect/"),
    ("get", "/settings/admin/marketo/set-up/"),
    ("post", "/settings/admin/marketo/set-up/"),
    ("get", "/settings/admin/marketo/disconnect/"),
    ("post", "/settings/admin/marketo/disconnect/"),
    ("get", "/settings/admin/marketo/take-over/"),
    ("post", "/settings/admin/marketo/take-over/"),
    ("get", "/settings/admin/marketo/user-access/"),
    ("post", "/settings/admin/marketo/user-access/"),
    ("post", "/settings/admin/marketo/user-access/1/remove/"),
]
OPERATOR_PAGES = [("get", "/ops/marketo-instances/new/"), ("post", "/ops/marketo-instances/new/")]
OWN_PAGES = [
    ("get", "/settings/salesforce/"),
    ("get", "/settings/salesforce/connect/"),
    ("post", "/settings/salesforce/connect/"),
    ("get", "/settings/salesforce/disconnect/"),
    ("post", "/settings/salesforce/disconnect/"),
    ("get", "/connections/salesforce/callback/"),
]
RESTRICTED_PAGES = SALESFORCE_PAGES + MARKETO_PAGES + OPERATOR_PAGES
ALL_PAGES = RESTRICTED_PAGES + OWN_PAGES


@pytest.mark.parametrize(("method", "url"), ALL_PAGES)
@pytest.mark.django_db
def test_nobody_gets_in_without_signing_in(client: object, method: str, url: str) -> None:
    answer = getattr(client, method)(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(("method", "url"), ALL_PAGES)
@pytest.mark.django_db
def test_people_without_an_account_find_nothing(client_of: ClientOf, method: str, url: str) -> None:
    assert getattr(client_of(make_user("nobody@nowhere.example")), method)(url).status_code == 404


@pytest.mark.parametrize(("method", "url"), RESTRICTED_PAGES)
def test_a_member_without_the_role_is_refused(member: User, client_of: ClientOf, method: str, url: str) -> None:
    assert getattr(client_of(member), method)(url).status_code == 403


@pytest.mark.parametrize(("method", "url"), OWN_PAGES)
def test_every_member_reaches_their_own_connection(member: User, client_of: ClientOf, method: str, url: str) -> None:
    assert getattr(client_of(member), method)(url).status_code in {200, 302}


@pytest.mark.parametrize(("method", "url"), MARKETO_PAGES + OPERATOR_PAGES)
def test_a_salesforce_admin_has_no_business_with_marketo(
    salesforce_admin: User, client_of: ClientOf, method: str, url: str
) -> None:
    assert getattr(client_of(salesforce_admin), method)(url).status_code == 403


@pytest.mark.parametrize(("method", "url"), OPERATOR_PAGES)
def test_only_superusers_register_instances(admin: User, client_of: ClientOf, method: str, url: str) -> None:
    assert getattr(client_of(admin), method)(url).status_code == 403


@pytest.mark.parametrize(
    "url", [url for method, url in ALL_PAGES if method == "post" and ("get", url) not in ALL_PAGES]
)
def test_reading_an_address_that_changes_things_is_refused(admin: User, client_of: ClientOf, url: str) -> None:
    assert client_of(admin).get(url).status_code == 405


def test_a_stranger_sees_and_disconnects_only_their_own(
    account: SalesAccount, admin: User, stranger: User, client_of: ClientOf
) -> None:
    SalesforceConnection.objects.create(
        account=account,
        connected_by=admin,
        org_id="00DHs0000000001MAA",
        org_name="Acme Secret Org",
        is_sandbox=False,
    )
    browser = client_of(stranger)
    for url in ("/settings/admin/salesforce/", "/settings/admin/salesforce-package/"):
        assert "Acme Secret Org" not in browser.get(url).content.decode()
    browser.post("/settings/admin/salesforce/disconnect/")
    assert SalesforceConnection.objects.filter(account=account).exists()
