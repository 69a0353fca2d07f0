"""
What every screen must fulfil: axe-core finds nothing, every table has a name, nothing is wider than the window, the
console stays silent, and the Nu HTML checker has no error to tell.
"""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.html import html_faults

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text()
# Wide and light as at a desk, narrow and dark as on a phone at night; and the language chosen there.
LOUD = {"error", "warning"}
# Targets of 24 px are a rule that axe-core leaves to be chosen; what is in order, and where, need not be written down.
OPTIONS = "{ rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'], selectors: false }"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMELESS_TABLES = """[...document.querySelectorAll('table')]
  .filter(table => !table.caption && !table.ariaLabel && !table.hasAttribute('aria-labelledby'))
  .map(table => table.outerHTML.slice(0, 100))"""
# A pixel too many makes a scrollbar of its own.
SCROLLED_INSIDE = """[...document.querySelectorAll('main *:not(textarea)')]
  .filter(part => /auto|scroll/.test(getComputedStyle(part).overflowY) && part.scrollHeight > part.clientHeight)
  .map(part => part.outerHTML.slice(0, 100))"""
# What stands last decides how tall a page is.
ENDS_LATE = """document.documentElement.scrollHeight > innerHeight
  && Math.max(...[...document.querySelectorAll('main, header')].map(part => part.getBoundingClientRect().bottom))
     - Math.max(...[...document.querySelectorAll('main > *')].map(part => part.getBoundingClientRect().bottom)) > 100"""
VIEWS: list[tuple[Literal["light", "dark"], int, str]] = [("light", 1280, "en"), ("dark", 390, "sv")]
SCREENS = [
    "/",
    "/marketo/admin/",
    "/marketo/sales-insight/config/",
    "/marketo/sales-insight/actions-config/",
    "/marketo/sales-insight/actions-config/sync/",
    "/settings/profile/",
    "/settings/admin/general/",
    "/accounts/salesforce/link/",
    "/ops/sync/reconciliation/",
    "/settings/admin/users/",
    "/settings/admin/users/1/second-factors/",
    "/settings/admin/users/invite/",
    "/settings/admin/users/invite-csv/",
    "/settings/admin/users/owner-gaps/",
    "/settings/admin/teams/",
    "/settings/admin/teams/1/",
    "/settings/admin/audit/",
    "/settings/admin/salesforce/",
    "/settings/admin/salesforce/disconnect/",
    "/settings/admin/salesforce/apps/",
    "/settings/admin/salesforce/rights/",
    "/settings/admin/salesforce-package/",
    "/settings/admin/salesforce-package/sheet/",
    "/settings/admin/salesforce-package/test-activity/",
    "/settings/admin/marketo/",
    "/settings/admin/marketo/user-access/",
    "/settings/admin/marketo/set-up/",
    "/settings/admin/marketo/rights/",
    "/settings/admin/marketo/allowance/",
    "/settings/integrations/diagnostics/",
    "/settings/integrations/api-tokens/",
    "/settings/salesforce/",
    "/settings/people/",
    "/settings/people/1/?ask=1",
    "/ops/",
    "/ops/freshness/",
    "/ops/sync/",
    "/ops/sync/1/",
    "/ops/sync/1/people/",
    "/settings/admin/sync/",
    "/settings/admin/sync/schedule/",
    "/settings/admin/notifications/",
    "/settings/notifications/",
    "/notifications/",
    "/ops/sync/why/",
    "/ask-a-salesforce-admin/7/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
]


def audit_screens(browser: Browser, signed_in: BrowserContext, url: str) -> list[str]:
    """The faults of all screens as lines of text, seen by the person of `signed_in`."""
    faults: list[str] = []
    sources: dict[str, str] = {}
    for scheme, width, language in VIEWS:
        context = browser.new_context(
            storage_state=signed_in.storage_state(),
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": url}])
        faults += [f"{scheme} {width} {fault}" for fault in audit_view(context.new_page(), url, sources)]
        context.close()
    return faults + html_faults(sources)


def audit_view(page: Page, url: str, sources: dict[str, str]) -> list[str]:
    """The faults of all screens in one window; a screen without a source gets it, and is seen in other widths, too."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in LOUD else None)
    # Taken to the browser once: each screen has it before its own scripts.
    page.add_init_script(AXE)
    faults: list[str] = []
    for number, screen in enumerate(SCREENS):
        answer = page.goto(url + screen)
        page.evaluate("document.fonts.ready.then(() => true)")
        found = faults_of(page)
        if answer and screen not in sources:
            sources[screen] = answer.text()
            found += faults_at_widths(page, number)
        faults += [f"{screen} {fault}" for fault in found]
    return faults + complaints


def faults_at_widths(page: Page, number: int) -> list[str]:
    """
    Whether a screen must be scrolled sideways at widths from a small phone to a big monitor. They lie 40 px apart; each
    screen is seen in every eighth of them, its neighbours in the others.
    """
    faults, usual = [], page.viewport_size
    for width in (320, *range(360 + 40 * (number % 8), 1921, 320)):
        page.set_viewport_size({"width": width, "height": 900})
        if over := page.evaluate(TOO_WIDE):
            faults.append(f"is {over} px too wide for {width}")
    if usual:
        page.set_viewport_size(usual)
    return faults


def faults_of(page: Page) -> list[str]:
    """What axe-core finds on a page, and whether it must be scrolled sideways, in parts, or without need."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    violations = page.evaluate(f"axe.run({OPTIONS}).then(result => result.violations)")
    faults = [f"{found['id']}: {node['html'][:150]}" for found in violations for node in found["nodes"][:3]]
    faults += [f"has a table without a name: {table}" for table in page.evaluate(NAMELESS_TABLES)]
    faults += [f"has a part that scrolls up and down: {part}" for part in page.evaluate(SCROLLED_INSIDE)]
    faults += ["can be scrolled though nothing is below"] if page.evaluate(ENDS_LATE) else []
    overflow = page.evaluate(TOO_WIDE)
    return faults + ([f"is {overflow} px wider than the window"] if overflow > 0 else [])
