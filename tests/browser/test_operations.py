"""What tells of trouble, seen in Chromium: the overview with every kind of account, the bell, the channels."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin
from api.scopes import Scope
from api.tokens import Owner, make_token
from common.events import all_events
from history.models import ChangeDelay
from notifications.models import Channel, ChannelKind, Trouble
from sync.models import Extract, RunKind, SyncRun
from sync.statuses import RunStatus
from tests.browser.audit import VIEWS, faults_of
from tests.conftest import ClientOf
from tests.factories import make_account, make_cursor, make_extract, make_marketo_connection, make_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "/ops/",
    "/ops/freshness/",
    "/ops/operators/",
    "/notifications/",
    "/settings/notifications/",
    "/settings/api-tokens/",
]


@pytest.fixture
def troubled(account: SalesAccount) -> SalesAccount:
    """Everything goes on at once in one account; others run, wait and are in order."""
    now = timezone.now()
    for event in all_events():
        # What has no end does not go on.
        if event.over:
            Occurrence.objects.create(account=account, event=event.key, details=dict(event.example), link="/ops/")
    for hour in range(24):
        finished = now - timedelta(hours=hour)
        make_run(account, kind=RunKind.INCREMENTAL, seen=100 + 40 * (hour % 5), finished_at=finished)
        begins = finished.replace(minute=0, second=0, microsecond=0)
        ChangeDelay.objects.create(account=account, hour=begins, seconds=120 + 30 * (hour % 7), changes=50)
    make_marketo_connection(account)
    for name, status in (("Delta Foundry", RunStatus.EXTRACTING), ("Baltic Foods", RunStatus.EXTRACTING)):
        make_cursor(other := make_account(name))
        make_run(other, status)
    waiting = SyncRun.objects.latest("pk")
    make_extract(waiting, waiting_reason="marketo_quota", due_at=now + timedelta(hours=6))
    make_cursor(make_account("Harbor Travel"))
    return account


@pytest.fixture
def desk(
    browser: Browser, live_server: LiveServer, settings: Settings, ops: User, client_of: ClientOf
) -> Iterator[Page]:
    """The browser of ops staff."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(locale="en-US")
    session = client_of(ops).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_an_overview_that_cannot_be_renewed_says_so(desk: Page, live_server: LiveServer, account: SalesAccount) -> None:
    """As when the database is away: what is shown may be old."""
    address, lost = f"{live_server.url}/ops/", desk.get_by_text("The connection to this console is lost.")
    desk.goto(address)
    desk.route(address, lambda route: route.fulfill(status=503, body="away"))
    desk.evaluate("htmx.trigger('#live', 'renew')")
    expect(lost).to_be_visible()
    expect(desk.get_by_role("row", name="Acme Inc").first).to_be_visible()
    desk.unroute(address)
    desk.evaluate("htmx.trigger('#live', 'renew')")
    expect(lost).to_be_hidden()


def test_the_cause_is_found_from_the_overview_and_the_run_tries_now(
    desk: Page, live_server: LiveServer, troubled: SalesAccount
) -> None:
    desk.goto(f"{live_server.url}/ops/")
    expect(desk.get_by_role("row", name="Acme Inc").first).to_contain_text("Needs attention")
    desk.get_by_role("row", name="Baltic Foods").get_by_role("link", name="Full sync").click()
    expect(desk.locator("#live").get_by_text("Marketo's daily limit")).to_be_visible()
    desk.get_by_role("button", name="Try now").click()
    expect(desk.get_by_text("The run tries again now.")).to_be_visible()
    assert Extract.objects.due().count() == 1
    desk.goto(f"{live_server.url}/ops/accounts/{troubled.slug}/diagnostics/")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Diagnostics: Acme Inc")


def test_the_overview_renews_itself(desk: Page, live_server: LiveServer, account: SalesAccount) -> None:
    desk.goto(f"{live_server.url}/ops/")
    expect(desk.get_by_role("heading", name="Needs attention")).to_be_visible()
    failed = next(event for event in all_events() if event.key == "sync.run_failed")
    Occurrence.objects.create(account=account, event=failed.key, details=dict(failed.example))
    desk.evaluate("htmx.trigger('#live', 'renew')")
    expect(desk.get_by_text("run 218 failed")).to_be_visible()


def test_the_bell_opens_by_the_keyboard_and_is_read(desk: Page, live_server: LiveServer, account: SalesAccount) -> None:
    new_admin = next(event for event in all_events() if event.key == "accounts.audit_chain_broken")
    begin(new_admin, account=None, entries=3)
    desk.goto(f"{live_server.url}/ops/")
    bell = desk.locator("summary[aria-label='Notifications, 1 new']")
    bell.focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="Mark as read").click()
    expect(desk.locator("summary[aria-label='Notifications']")).to_be_visible()


def test_pages_full_of_trouble_are_accessible(
    browser: Browser, desk: Page, live_server: LiveServer, troubled: SalesAccount, ops: User
) -> None:
    for kind in (ChannelKind.SLACK, ChannelKind.WEBHOOK):
        Channel.objects.create(
            user=ops, kind=kind, address="https://hooks.slack.com/x", secret="whsec_x", trouble=Trouble.GONE,
            failing_since=timezone.now(),
        )  # fmt: skip
    # With what a superuser sees of tokens.
    User.objects.filter(pk=ops.pk).update(is_superuser=True)
    for name, days in (("Grafana", 90), ("A program with a name as long" + "g" * 60, -1)):
        make_token(owner=Owner(user=ops), name=name, scopes=list(Scope), days=days, made_by=ops)
    faults = []
    for scheme, width, language in VIEWS:
        context = browser.new_context(
            storage_state=desk.context.storage_state(), color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        for address in PAGES:
            page.goto(live_server.url + address)
            faults += [f"{scheme} {width} {address} {fault}" for fault in faults_of(page)]
        context.close()
    assert faults == []
