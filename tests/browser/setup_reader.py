"""Somebody who has never seen Salesforce's Setup, and does there what a recipe of the console says."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.clicks import log_in_to_salesforce

HOME = "/lightning/setup/SetupOneHome/home"


def in_setup(page: Page, site: str) -> Page:
    """Log in to the org as its administrator."""
    page.goto(site + HOME)
    log_in_to_salesforce(page, "admin@acme.example", "sandbox-password")
    return page


class SetupReader:
    """
    Takes the bold names of a recipe one after the other: each must be on the page of Setup that is open by then. Links
    and buttons are pressed, boxes ticked, fields filled with what `entries` has for their name.
    """

    def __init__(self, page: Page) -> None:
        self.page = page

    def follow(self, recipe: Locator, entries: Mapping[str, str | Path]) -> None:
        expect(recipe).to_be_visible()
        for name in recipe.locator("b").all_inner_texts():
            self._do(name, entries)

    def _do(self, name: str, entries: Mapping[str, str | Path]) -> None:
        pressed = self.page.get_by_role("link", name=name, exact=True)
        pressed = pressed.or_(self.page.get_by_role("button", name=name, exact=True))
        # A label goes on where the recipe stops, as in "Run As (Username)", and its source may be on two lines.
        starts = re.compile(r"^\s*" + r"\s+".join(re.escape(word) for word in name.split()))
        field = self.page.get_by_label(starts).and_(self.page.locator("input, select"))
        option = self.page.get_by_role("option", name=name, exact=True)
        if field.count():
            _fill(field, entries.get(name))
        elif pressed.count():
            before = self.page.url
            pressed.first.click()
            expect(self.page).not_to_have_url(before)
            self.page.wait_for_load_state()
        elif option.count():
            option.locator("xpath=..").select_option(label=name)
        else:
            expect(self.page.get_by_text(starts).first).to_be_visible()


def _fill(field: Locator, entry: str | Path | None) -> None:
    """A list of choices stays as it is where the recipe chooses nothing."""
    kind = field.evaluate("field => field.type")
    if kind == "checkbox":
        field.check()
    elif kind == "file":
        field.set_input_files(str(entry))
    elif not kind.startswith("select"):
        field.fill(str(entry))
    elif entry:
        field.select_option(label=str(entry))
