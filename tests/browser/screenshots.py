"""`make screenshots`: walks through the guide and writes docs/images/."""

from playwright.sync_api import Page, sync_playwright

from devtools.personas import MARKETO_ADMIN
from tests.browser import clicks
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.browser.demo import ROOT, Demo

IMAGES = ROOT / "docs" / "images"
PICTURES = {
    "actions-config": "/marketo/sales-insight/actions-config/",
    "sync-run": "/ops/sync/1/",
    "salesforce-package": "/settings/admin/salesforce-package/",
    "setup-guide": "/",
}


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo = Demo(people=10_000)
    try:
        demo.wait_until_welcome()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
            take(browser.new_page(locale="en-US", viewport={"width": 1280, "height": 860}), demo)
    finally:
        demo.stop()


def take(page: Page, demo: Demo) -> None:
    """Do steps 1 to 4, then photograph."""
    clicks.sign_in(page, demo, MARKETO_ADMIN)
    for do in (clicks.set_up_the_account, clicks.connect_to_salesforce, clicks.connect_to_marketo, clicks.sync_people):
        do(page, demo)
    for name, address in PICTURES.items():
        page.goto(demo.url + address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
