"""What the guide says to click can be clicked under that label, and links lead to where the next click is."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import SalesAccount, User
from connections.models import MarketoInstance
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_marketo_connection, make_salesforce_connection
from tests.guide.clicks import CLICKS, PREVIEW, Click

ELEMENT = re.compile(r"<(a|button|summary)\b([^>]*)>(.*?)</\1>", re.DOTALL)
UNSEEN = re.compile(r'<svg.*?</svg>|<span (?:class="visually-hidden"|aria-hidden="true")>.*?</span>|<[^>]+>', re.DOTALL)


def clickable(page: str) -> list[tuple[str, str]]:
    """Labels of what can be clicked, as they are seen, each with where a link leads."""
    return [
        (" ".join(unescape(UNSEEN.sub(" ", inner)).split()), (re.findall(r'href="([^"?]*)', attributes) or [""])[0])
        for _tag, attributes, inner in ELEMENT.findall(page)
    ]


def page_of(browser: Client, click: Click, language: str) -> str:
    browser.cookies["django_language"] = language
    return browser.get(click.page).content.decode()


@pytest.fixture
def browser(account_of_instance: SalesAccount, admin: User, client_of: ClientOf) -> Client:
    """Of the first admin, who administers the Marketo instance as well."""
    make_marketo_admin(account_of_instance.marketo_instance, admin.email)
    return client_of(admin)


def has(browser: Client, click: Click, language: str) -> bool:
    label = click.english if language == "en" else click.swedish
    found = clickable(page_of(browser, click, language))
    return any(text == label and (not click.leads_to or address == click.leads_to) for text, address in found)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_clicks_of_an_admin_have_the_guides_labels(browser: Client, account: SalesAccount, language: str) -> None:
    """Before the connections, then with both, as the guide goes."""
    early = [click for click in CLICKS if click.page != PREVIEW and click.english not in ("Send Invite", "Sync")]
    assert [click for click in early if not has(browser, click, language)] == []
    make_salesforce_connection(account)
    make_marketo_connection(account)
    assert has(browser, next(click for click in CLICKS if click.english == "Sync"), language)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_first_invitation_has_the_guides_label(
    instance: MarketoInstance, marketo_admin: User, client_of: ClientOf, language: str
) -> None:
    click = next(click for click in CLICKS if click.english == "Send Invite")
    assert has(client_of(marketo_admin), click, language)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_preview_has_the_guides_label(
    browser: Client, account: SalesAccount, marketo_connection: object, salesforce_connection: object, language: str
) -> None:
    click = next(click for click in CLICKS if click.page == PREVIEW)
    assert has(browser, click, language)
