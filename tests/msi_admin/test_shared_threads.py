"""An account whose pages hang leaves threads of a web process to all others."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.sessions import SessionStore
from connections.asking import all_places
from connections.models import MarketoInstance
from msi_admin.shared_threads import BROWSERS_ASK_AT_ONCE, SECONDS_TO_HANG
from tests.msi_admin import nested_urls
from tests.signing_in import let_in

NESTED, STREAMED = "/nested/", "/streamed/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nested(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = nested_urls.__name__
    yield
    nested_urls.inside.clear()


def at_the_same_moment(browser: Client, number: int, then: Client | None = None) -> Any:
    """The last answer of so many pages that a browser asks for, each while the one before is being made."""
    last = then or browser
    nested_urls.inside[:] = [lambda: last.get(NESTED), *[lambda: browser.get(NESTED)] * (number - 1)]
    return browser.get(NESTED)


def test_an_account_takes_all_threads_but_two(browser: Client) -> None:
    """Security statement 15: whatever its pages wait for, such as a row that is held while a provider hangs."""
    assert at_the_same_moment(browser, all_places.number - 1).content == b"innermost"
    answer = at_the_same_moment(browser, all_places.number)
    assert (answer.status_code, "Retry-After" in answer) == (503, True)
    assert "Nothing was changed." in answer.content.decode()
    assert browser.get(NESTED).content == b"innermost", "its threads are free again"


def test_a_file_takes_its_thread_until_it_is_sent(browser: Client) -> None:
    """Exports are read and written after their page has answered: nine of one company kept all others for minutes."""
    files = [iter(browser.get(STREAMED)) for _ in range(all_places.number)]
    assert browser.get(NESTED).status_code == 503
    assert b"".join(files.pop()) == b"onetwo"
    assert browser.get(NESTED).content == b"innermost"
    files.append(iter(browser.get(STREAMED)))
    assert browser.get(NESTED).status_code == 503, "it has given one thread back"


@pytest.mark.django_db(transaction=True)
def test_a_file_whose_reader_goes_away_takes_none(browser: Client) -> None:
    """Also before its first row, as for HEAD. What a server closes, closes the database connection, too."""
    for _ in range(all_places.number):
        browser.get(STREAMED).close()
        begun = browser.get(STREAMED)
        assert next(iter(begun)) == b"one"
        begun.close()
    assert browser.get(NESTED).content == b"innermost"


def test_a_file_that_is_lost_on_its_way_takes_none(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the session ended while it was begun: another page takes the place of the answer."""

    def ended(self: SessionStore, **_: object) -> None:
        raise SessionInterrupted

    with monkeypatch.context() as patched:
        patched.setattr(SessionStore, "save", ended)
        for _ in range(all_places.number):
            assert browser.get(f"{STREAMED}?forget=1").status_code == 400
    assert browser.get(NESTED).content == b"innermost"


def test_what_one_browser_asks_for_is_not_refused(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a process has few threads."""
    monkeypatch.setattr(all_places, "number", 1)
    assert at_the_same_moment(browser, BROWSERS_ASK_AT_ONCE - 1).content == b"innermost"
    assert at_the_same_moment(browser, BROWSERS_ASK_AT_ONCE).status_code == 503


def test_others_do_not_notice(browser: Client, stranger: User) -> None:
    """One process, as in production: a client of its own would count for itself."""
    other = let_in(Client(), stranger)
    other.handler = browser.handler
    assert at_the_same_moment(browser, all_places.number, then=other).content == b"innermost"
    anonymous = Client()
    anonymous.handler = browser.handler
    assert at_the_same_moment(browser, all_places.number, then=anonymous).content == b"innermost"


def test_whoever_hangs_begins_nothing_while_two_threads_are_left(
    browser: Client, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Visitors who came back from Salesforce hung in four, and pages that waited for a row took the others in turn."""
    now = [0.0]
    monkeypatch.setattr("msi_admin.shared_threads.monotonic", lambda: now[0])
    other = let_in(Client(), stranger)
    other.handler = browser.handler

    def visitor() -> Client:
        # A new one each time: what is nested leaves its cookies with whoever asked.
        client = Client()
        client.handler = browser.handler
        return client

    def answer(then: Client, *, others: int, seconds: float) -> Any:
        def last() -> Any:
            now[0] += seconds
            return then.get(NESTED)

        nested_urls.inside[:] = [last, *[lambda: visitor().get(NESTED)] * others]
        return browser.get(NESTED)

    others, seconds = all_places.number - 1, SECONDS_TO_HANG + 1
    assert answer(browser, others=others, seconds=0).content == b"innermost"
    assert answer(browser, others=others, seconds=seconds).status_code == 503
    assert answer(browser, others=others - 1, seconds=seconds).content == b"innermost"
    assert answer(other, others=others, seconds=seconds).content == b"innermost"
    assert answer(visitor(), others=others, seconds=seconds).content == b"innermost"


def test_admins_of_its_marketo_instance_share_those_of_the_account(
    browser: Client, linked_instance: MarketoInstance, marketo_admin: User
) -> None:
    """Two who are no members, each counted alone, took all threads while the company's move hung."""
    other = let_in(Client(), marketo_admin)
    other.handler = browser.handler
    assert at_the_same_moment(browser, all_places.number, then=other).status_code == 503
    linked_instance.account = None
    linked_instance.save()
    assert at_the_same_moment(browser, all_places.number, then=other).content == b"innermost"
    assert at_the_same_moment(other, all_places.number).status_code == 503
