"""A browser on its way to Salesforce and back."""

import html
import re
from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import User
from tests.conftest import ClientOf

LOGIN = "/accounts/salesforce/login/"
LINK = "/accounts/salesforce/link/"
GENERAL = "/settings/admin/general/"
CHOICE = {"choice": "production", "my_domain": ""}
# Logs in at Salesforce, by the address there, and gives the address the browser is sent back to.
AtSalesforce = Callable[..., str]


def leave(browser: Client, page: str = LOGIN) -> str:
    """Choose the production org on a page; the address at Salesforce."""
    answer = browser.post(page, CHOICE)
    assert "Refresh" in answer, text_of(answer)
    return str(answer["Refresh"]).removeprefix("0; url=")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(answer.content.decode()))


def link(user: User, client_of: ClientOf, at_salesforce: AtSalesforce) -> None:
    browser = client_of(user)
    browser.get(at_salesforce(leave(browser, LINK), user.email))
    assert SocialAccount.objects.filter(user=user).exists()


def signed_in(client: Client, at_salesforce: AtSalesforce) -> Client:
    """A browser signed in with Salesforce."""
    assert client.get(at_salesforce(leave(client)))["Location"] == "/"
    return client
