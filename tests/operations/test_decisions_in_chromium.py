"""A held run is decided with a keyboard, and what axe-core says of its pages, in both languages."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.browser.audit import faults_of
from tests.browser.conftest import browser, origin, page
from tests.browser.test_live_progress import sign_in
from tests.conftest import ClientOf
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish

__all__ = ["browser", "origin", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_held_run_is_approved_and_taken_back(
    *, page: Page, origin: str, sync: Sync, change: Change, admin: User, client_of: ClientOf
) -> None:
    account, client = sync().account, client_of(admin)
    people = Person.objects.for_account(account).live().order_by("marketo_id")
    change("delete", *people.values_list("marketo_id", flat=True)[:30])
    run = finish(start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL))
    sign_in(page, origin, client)
    address = origin + run.get_absolute_url()
    page.goto(f"{address}people/")
    assert faults_in_both_languages(page, origin) == []
    page.goto(address)
    assert faults_in_both_languages(page, origin, swedish="Godkänn") == []
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    assert finish(run).status == RunStatus.SUCCEEDED
    page.goto(address)
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert faults_in_both_languages(page, origin, swedish="Ångra") == []
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/ops/sync/*/")
    undone = finish(SyncRun.objects.get(undoes=run))
    page.reload()
    assert (undone.status, undone.added) == (RunStatus.SUCCEEDED, 30)
    assert faults_in_both_languages(page, origin) == []


def faults_in_both_languages(page: Page, origin: str, swedish: str = "") -> list[str]:
    """Of the page that is shown, a Swedish button among them; it is shown in English afterwards."""
    faults = []
    for language in ("sv", "en"):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
        page.reload()
        assert page.locator("html").get_attribute("lang") == language
        if swedish and language == "sv":
            expect(page.get_by_role("button", name=swedish, exact=True)).to_be_visible()
        faults += [f"{language} {fault}" for fault in faults_of(page)]
    return faults
