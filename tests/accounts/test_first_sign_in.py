"""What somebody's browser tells at the first sign-in, and what they choose before it."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.time_zones import present_name, time_zone_choices
from tests.factories import PASSWORD, make_user
from tests.pages import text_of
from tests.signing_in import sign_in

SWEDE = {"Accept-Language": "sv-SE,sv;q=0.9,en;q=0.5"}


@pytest.fixture
def nora(db: None) -> User:
    return make_user("nora@acme.example", password=PASSWORD)


def browser_of_a_swede() -> Client:
    browser = Client(headers=SWEDE)
    browser.cookies["msi-zone"] = "Europe%2FStockholm"
    return browser


def test_the_language_and_the_clock_of_the_browser_are_kept(nora: User) -> None:
    browser = browser_of_a_swede()
    sign_in(browser, nora.email)
    nora.refresh_from_db()
    assert (nora.language, nora.time_zone) == ("sv", "Europe/Stockholm")
    page = text_of(browser.get("/settings/profile/"))
    assert '<html lang="sv">' in page
    assert "Europe/Stockholm" in page


def test_a_later_sign_in_changes_nothing_by_itself(nora: User) -> None:
    sign_in(Client(), nora.email)
    sign_in(browser_of_a_swede(), nora.email)
    nora.refresh_from_db()
    assert (nora.language, nora.time_zone) == ("en", "UTC")


def test_a_language_chosen_on_the_sign_in_page_is_kept(nora: User) -> None:
    sign_in(Client(), nora.email)
    browser = Client()
    browser.post("/language/", {"language": "sv", "next": "/accounts/login/"})
    # No row for whoever never signs in.
    assert "msi-session" not in browser.cookies
    sign_in(browser, nora.email)
    nora.refresh_from_db()
    assert nora.language == "sv"


@pytest.mark.parametrize("zone", ["", "Mars%2FBase", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 3_000])
def test_an_invented_zone_is_none(nora: User, zone: str) -> None:
    browser = Client()
    browser.cookies["msi-zone"] = zone
    sign_in(browser, nora.email)
    nora.refresh_from_db()
    assert nora.time_zone == "UTC"


@pytest.mark.parametrize(
    ("told", "kept"),
    [("Asia/Calcutta", "Asia/Kolkata"), ("Europe/Kiev", "Europe/Kyiv"), ("Europe/Stockholm", "Europe/Stockholm")],
)
def test_a_former_name_becomes_the_present_one(told: str, kept: str) -> None:
    assert present_name(told) == kept
    assert kept in dict(time_zone_choices())


def test_every_page_names_the_zone_of_its_times(nora: User) -> None:
    browser = Client()
    sign_in(browser, nora.email)
    assert "Time zone: UTC." in text_of(browser.get("/settings/profile/"))
    assert "Time zone:" not in text_of(Client().get("/accounts/login/"))
