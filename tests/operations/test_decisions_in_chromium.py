"""A held run is decided with a keyboard, and what axe-core says of its pages, in both languages."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from sandbox.testing import SandboxProcess
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.browser.audit import faults_of
from tests.browser.conftest import browser, page, playwright
from tests.browser.test_live_progress import sign_in
from tests.conftest import ClientOf
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.processes import web

__all__ = ["browser", "page", "playwright"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BUTTONS = {"en": ("Approve", "Undo"), "sv": ("Godkänn", "Ångra")}


@pytest.mark.parametrize("language", BUTTONS)
def test_a_held_run_is_approved_and_taken_back(
    *,
    language: str,
    page: Page,
    sync: Sync,
    change: Change,
    admin: User,
    client_of: ClientOf,
    sandbox: SandboxProcess,
    tmp_path: Path,
) -> None:
    approve, undo = BUTTONS[language]
    account, client = sync().account, client_of(admin)
    people = Person.objects.for_account(account).live().order_by("marketo_id")
    change("delete", *people.values_list("marketo_id", flat=True)[:30])
    run = finish(start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL))
    with web(tmp_path, sandbox) as (_process, origin):
        sign_in(page, origin, client)
        page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
        for address in ("", "people/"):
            page.goto(f"{origin}{run.get_absolute_url()}{address}")
            assert faults_of(page) == []
        page.goto(origin + run.get_absolute_url())
        page.get_by_role("button", name=approve).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=approve)).to_have_count(0)
        assert finish(run).status == RunStatus.SUCCEEDED
        page.goto(origin + run.get_absolute_url())
        page.get_by_role("link", name=undo).click()
        assert faults_of(page) == []
        page.get_by_role("button", name=undo).click()
        page.wait_for_url("**/ops/sync/*/")
        undone = finish(SyncRun.objects.get(undoes=run))
        page.reload()
        assert (undone.status, undone.updated) == (RunStatus.SUCCEEDED, 30)
        assert faults_of(page) == []
