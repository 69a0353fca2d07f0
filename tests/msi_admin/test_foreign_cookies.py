"""Cookies that this console never gave anybody."""

from django.conf import settings
from django.test import Client


def test_a_cookie_with_backslashes_is_not_read(browser: Client) -> None:
    ours = browser.cookies.output(attrs=[], header="", sep=";")
    foreign = 'slow="' + '\\"' * 100 + '"'
    answer = browser.get("/", headers={"cookie": f"before=1; {foreign};{ours}; after=2"})
    read = answer.wsgi_request.COOKIES
    assert answer.status_code == 200
    assert read.keys() >= {"before", "after", settings.SESSION_COOKIE_NAME}
    assert "slow" not in read


def test_no_cookie_of_ours_has_a_backslash(browser: Client) -> None:
    """Sentences with quotation marks, and letters that cookies do not hold, are kept in one until the next page."""
    browser.post("/settings/admin/teams/", {"name": "\\"})
    browser.post("/settings/admin/users/selected/revoke/", {})
    assert browser.cookies
    assert all("\\" not in morsel.OutputString() for morsel in browser.cookies.values())
