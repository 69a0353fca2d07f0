"""The days that an export is about."""

from datetime import UTC, datetime

from django.test import Client

from accounts.models import SalesAccount, User
from sync.models import Source
from tests.factories import make_extract, make_run
from tests.pages import text_of


def test_they_are_the_same_for_every_reader(account: SalesAccount, admin: User, browser: Client) -> None:
    """In another time zone the last second of a window lies in the next day, with which the next window begins."""
    run = make_run(account)
    days = datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
    make_extract(run, window_from=days[0], window_to=days[1])
    hours = datetime(2026, 3, 4, 22, tzinfo=UTC), datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    make_extract(run, Source.MARKETO_DELETIONS, window_from=hours[0], window_to=hours[1])
    admin.time_zone = "Europe/Stockholm"
    admin.save()
    page = text_of(browser.get(run.get_absolute_url()))
    assert "2 February 2026 – 4 March 2026" in page
    assert "4 March 2026, 23:00 – 23:30" in page
