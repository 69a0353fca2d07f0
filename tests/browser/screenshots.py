"""`make screenshots`: walks through the guide as each of its people, for the pictures of README and docs/tour/."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from devtools.personas import MARKETO_ADMIN, OPS
from tests.browser import clicks
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.browser.demo import ROOT, Demo

IMAGES, TOUR = ROOT / "docs" / "images", ROOT / "docs" / "tour"
ACTIONS_CONFIG = "/marketo/sales-insight/actions-config/"
# Where the Marketo admin does each step, and the clicks that do it after the picture.
STEPS: list[tuple[str, str, Callable[[Page, Demo], None] | None]] = [
    ("1-set-up-the-account", ACTIONS_CONFIG, clicks.set_up_the_account),
    ("2-connect-to-salesforce", "/settings/admin/salesforce/", clicks.connect_to_salesforce),
    ("3-connect-to-marketo", "/settings/admin/marketo/", clicks.connect_to_marketo),
    ("4-initiate-data-sync", f"{ACTIONS_CONFIG}sync/", clicks.sync_people),
    ("5-invite-users", "/settings/admin/users/invite/", clicks.invite_users),
    ("6-ask-for-the-package", "/ask-a-salesforce-admin/6/", clicks.ask_for_the_package),
    ("7-waiting-for-the-configuration", "/", None),
]
README = {"guide": "/", "run": "/ops/sync/1/", "operations": "/ops/"}
# What differs from walk to walk: times, ages, durations, rates, ports and ids of requests.
STILL = """() => {
  const MONTH = "(January|February|March|April|May|June|July|August|September|October|November|December|[A-Z][a-z]{2})";
  const RULES = [
    [/127\\.0\\.0\\.1:\\d+/g, "127.0.0.1:8000"],
    [new RegExp(`\\\\d{1,2} ${MONTH} \\\\d{4}`, "g"), "2 June 2026"],
    [/(\\d{4}), \\d{1,2}:\\d{2}/g, "$1, 09:30"],
    [/(an?|\\d+)\\s(second|minute)s?\\sago/g, "2 minutes ago"],
    [/(answered|read|synced) now/g, "$1 2 minutes ago"],
    [/[\\d,.]+ rows\\/s/g, "1,200 rows/s"],
    [/^\\s*\\d+(\\.\\d+)? (s|min)\\s*$/, "9 s"],
    // Letters for which a machine may have no font.
    [/[\\u0900-\\u097f]+/g, "Aarti"],
    [/[\\u3040-\\u30ff\\u4e00-\\u9fff]+/g, "Sakura"],
    [/request_id=[0-9a-f-]+/g, "request_id=…"],
  ];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const [pattern, still] of RULES) texts.currentNode.data = texts.currentNode.data.replace(pattern, still);
  }
}"""
# A walk is never as fast as the last one: bars and points move by a little.
SAME = 0.02
NOTICEABLE = 48
BIGGEST = 150_000


def main() -> None:
    TOUR.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo = Demo(people=10_000)
    try:
        demo.wait_until_welcome(seconds=300)
        with sync_playwright() as playwright:
            expect.set_options(timeout=60_000)
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
            marketo_admin = as_marketo_admin(browser, demo)
            as_salesforce_admin(browser, demo)
            as_ops_staff(browser, demo)
            photograph(marketo_admin, demo, "/", TOUR / "marketo-admin-8-all-done.png")
    finally:
        demo.stop()


def desk(browser: Browser, **settings: object) -> BrowserContext:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 860}, **settings)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    return context


def as_marketo_admin(browser: Browser, demo: Demo) -> Page:
    """Steps 1 to 5, and asking for 6; on the way the pictures of README that are the admin's."""
    page = desk(browser).new_page()
    clicks.sign_in(page, demo, MARKETO_ADMIN)
    for name, address, do in STEPS:
        photograph(page, demo, address, TOUR / f"marketo-admin-{name}.png")
        if do:
            page.goto(demo.url)
            do(page, demo)
        if do in (clicks.connect_to_marketo, clicks.sync_people):
            in_light_and_dark(browser, page, demo, "guide" if do is clicks.connect_to_marketo else "run")
    return page


def as_salesforce_admin(browser: Browser, demo: Demo) -> None:
    """Steps 6 and 7."""
    page = desk(browser).new_page()
    clicks.accept_as_salesforce_admin(page, demo)
    photograph(page, demo, "/", TOUR / "salesforce-admin-1-your-steps.png")
    clicks.check_the_package(page)
    photograph(page, demo, "/settings/admin/salesforce-package/", TOUR / "salesforce-admin-6-checklist.png")
    page.reload()
    clicks.put_the_package_in_place(page, demo)
    photograph(page, demo, "/settings/admin/salesforce-package/", TOUR / "salesforce-admin-7-configured.png")


def as_ops_staff(browser: Browser, demo: Demo) -> None:
    page = desk(browser).new_page()
    clicks.sign_in(page, demo, OPS)
    in_light_and_dark(browser, page, demo, "operations")
    for name, address in (("1-overview", "/ops/"), ("2-runs", "/ops/sync/"), ("3-run", "/ops/sync/1/")):
        photograph(page, demo, address, TOUR / f"ops-staff-{name}.png")


def in_light_and_dark(browser: Browser, page: Page, demo: Demo, name: str) -> None:
    photograph(page, demo, README[name], IMAGES / f"{name}.png")
    dark = desk(browser, storage_state=page.context.storage_state(), color_scheme="dark")
    photograph(dark.new_page(), demo, README[name], IMAGES / f"{name}-dark.png")
    dark.close()


def photograph(page: Page, demo: Demo, address: str, path: Path) -> None:
    page.goto(demo.url + address)
    page.wait_for_load_state("networkidle")
    page.evaluate(STILL)
    keep(Image.open(BytesIO(page.screenshot())).convert("RGB"), path)


def keep(picture: Image.Image, path: Path) -> None:
    """Write a picture in few colours, unless the one that is there shows the same."""
    small = picture.quantize(256, dither=Image.Dither.NONE)
    if path.exists() and differing(small.convert("RGB"), Image.open(path).convert("RGB")) < SAME:
        return
    small.save(path, optimize=True)
    if path.stat().st_size > BIGGEST:
        raise SystemExit(f"{path} has {path.stat().st_size:,} bytes: more than {BIGGEST:,}.")


def differing(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels in which two pictures differ noticeably."""
    if one.size != other.size:
        return 1.0
    brightness = ImageChops.difference(one, other).convert("L").histogram()
    return sum(brightness[NOTICEABLE:]) / (one.width * one.height)


if __name__ == "__main__":
    main()
