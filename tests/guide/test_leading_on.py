"""Where something was done, the page leads to this person's next step; where something broke, to its mending."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import SalesAccount, User
from connections.models import ConnectionStatus
from problems.codes import ProblemCode
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_marketo_connection, make_run, make_salesforce_connection
from tests.guide.clicks import ACTIONS_CONFIG, MARKETO, PREVIEW, SALESFORCE, USERS
from tests.pages import text_of

SET_UP = f"{MARKETO}set-up/"


@pytest.fixture
def browser(account_of_instance: SalesAccount, admin: User, client_of: ClientOf) -> Client:
    """Of the first admin, who administers the Marketo instance as well."""
    make_marketo_admin(account_of_instance.marketo_instance, admin.email)
    return client_of(admin)


def test_each_page_of_success_leads_to_the_next_step(browser: Client, account: SalesAccount, admin: User) -> None:
    make_salesforce_connection(account)
    assert "Next: step 3 of 7" in text_of(browser.get(SALESFORCE))
    make_marketo_connection(account)
    assert "Next: step 4 of 7" in text_of(browser.get(MARKETO))
    run = make_run(account, RunStatus.SUCCEEDED, people=7, started_by=admin)
    assert "Next: step 5 of 7" in text_of(browser.get(run.get_absolute_url()))
    invited = browser.post(
        f"{USERS}invite/", {"emails": "li@acme.example", "role": "user", "language": "en"}, follow=True
    )
    assert "1 person was invited" in text_of(invited)
    assert "Next: step 6 of 7" in text_of(invited)
    assert 'href="/ask-a-salesforce-admin/6/"' in text_of(invited), "who has no rights in Salesforce asks somebody"


def test_a_page_does_not_lead_to_itself(browser: Client, account: SalesAccount) -> None:
    make_marketo_connection(account)
    assert "Next: step" not in text_of(browser.get(SALESFORCE))


def test_a_hint_leads_to_the_page_that_it_names(browser: Client, account: SalesAccount) -> None:
    link = f'href="{reverse("connections:salesforce_apps")}">Open Salesforce apps</a>'
    assert text_of(browser.get(SALESFORCE)).count(link) == 2
    assert f'href="{SET_UP}">Open the tab Set Up</a>' in text_of(browser.get(ACTIONS_CONFIG))
    connection = make_marketo_connection(account)
    until = date_format(localtime(connection.connected_at + timedelta(minutes=10)), "TIME_FORMAT")
    assert f"; wait until {until}." in text_of(browser.get(f"{MARKETO}user-access/"))


def test_refused_credentials_lead_to_the_tab_that_takes_new_ones(browser: Client, account: SalesAccount) -> None:
    """And from the preview of a sync one gets to where the connection is mended."""
    make_salesforce_connection(account)
    broken = make_marketo_connection(account)
    broken.status, broken.problem = ConnectionStatus.NEEDS_RECONNECTING, ProblemCode.MARKETO_CREDENTIALS
    broken.save()
    page = text_of(browser.get(MARKETO))
    assert f'href="{SET_UP}"' in page
    assert "If they do not work, paste them in the tab Set Up." in page
    assert "Connected to Marketo" not in page, "connected and broken are never said of one thing"
    preview = text_of(browser.get(PREVIEW))
    assert "Open the Setup guide" in preview
    assert f'href="{MARKETO}"' in text_of(browser.get("/"))
