"""A browser on its way to Salesforce and back."""

from collections.abc import Callable

from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User
from tests.conftest import ClientOf
from tests.salesforce_login import leave_for_salesforce

LOGIN = "/accounts/salesforce/login/"
LINK = "/accounts/salesforce/link/"
GENERAL = "/settings/admin/general/"
# Logs in at Salesforce, by the address there, and gives the address the browser is sent back to.
AtSalesforce = Callable[..., str]


def leave(browser: Client, page: str = LOGIN) -> str:
    """Choose the production org on a page; the address at Salesforce."""
    return leave_for_salesforce(browser, page)


def link(user: User, client_of: ClientOf, at_salesforce: AtSalesforce) -> None:
    browser = client_of(user)
    browser.get(at_salesforce(leave(browser, LINK), user.email))
    assert SocialAccount.objects.filter(user=user).exists()


def signed_in(client: Client, at_salesforce: AtSalesforce) -> Client:
    """A browser signed in with Salesforce."""
    assert client.get(at_salesforce(leave(client)))["Location"] == "/"
    return client
