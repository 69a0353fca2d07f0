"""The page of a run in a browser whose network comes and goes."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import SalesAccount, User
from sync.models import Extract, Source, SyncRun
from sync.statuses import RunStatus
from tests.conftest import ClientOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, origin: str, client: Client) -> None:
    cookies = [{"name": name, "value": cookie.value, "url": origin} for name, cookie in client.cookies.items()]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]


def test_progress_goes_on_after_a_network_blink(
    page: Page, origin: str, account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    """Pain 26: polls that fail change nothing on the page, and the next one that succeeds brings it up to date."""
    run = SyncRun.objects.create(account=account, status=RunStatus.EXTRACTING)
    extract = Extract.objects.create(run=run, source=Source.MARKETO_PEOPLE, rows_expected=2_000, rows_shown=100)
    sign_in(page, origin, client_of(ops))
    page.goto(origin + run.get_absolute_url())
    expect(page.get_by_text("100 of 2,000 rows loaded")).to_be_visible()
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        pass
    Extract.objects.filter(pk=extract.pk).update(rows_shown=1_500)
    expect(page.get_by_text("100 of 2,000 rows loaded")).to_be_visible()
    expect(page.get_by_text("The connection to this console is lost.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("1,500 of 2,000 rows loaded")).to_be_visible()
    expect(page.get_by_text("The connection to this console is lost.")).to_be_hidden()
    SyncRun.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED, receipt={"copy": [0, "0"]})
    expect(page.get_by_text("Succeeded")).to_be_visible()
