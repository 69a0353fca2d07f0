"""While PostgreSQL is away every page says so, and what to do; an error of ours stays one."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from accounts.models import User
from msi_admin.errors import is_database_away
from tests.conftest import ClientOf
from tests.pages import text_of

ADDRESSES = ["/ops/", "/settings/people/", "/accounts/sessions/"]


@pytest.fixture
def browser(transactional_db: None, ops: User, client_of: ClientOf) -> Iterator[Client]:
    """Of ops staff who signed in while the database was there. It is not any more."""
    browser = client_of(ops)
    browser.raise_request_exception = False
    connection.close()
    # Of threads that ask, too.
    with patch.dict(connection.settings_dict, OPTIONS={"host": "/nowhere"}):
        yield browser
        connection.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_says_so_and_tries_again(browser: Client, address: str) -> None:
    answer = browser.get(f"{address}?days=7")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "The database of this console does not answer" in text_of(answer)
    assert "Look at the log of PostgreSQL" in text_of(answer)
    page = answer.content.decode()
    assert '<meta http-equiv="refresh" content="30">' in page
    assert f'<a href="{address}?days=7">' in page


def test_a_form_is_not_sent_twice(browser: Client) -> None:
    answer = browser.post("/ops/operators/", {"email": "ops@demo.example"})
    assert answer.status_code == 503
    assert "Whether your last click was saved is not known" in text_of(answer)
    assert "http-equiv" not in answer.content.decode()


def test_it_is_said_in_the_language_of_the_browser(browser: Client) -> None:
    page = browser.get("/ops/", headers={"Accept-Language": "sv"}).content.decode()
    assert '<html lang="sv">' in page


def test_programs_are_told_when_to_ask_again(browser: Client) -> None:
    answer = browser.get("/api/v1/accounts", headers={"Authorization": "Bearer msi_api_x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("browser")
def test_the_process_is_alive_and_says_what_is_not(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 500
    assert {name for name, verdict in answer.json().items() if verdict != "OK"} == {"Database"}


def test_a_server_that_vanished_without_a_word_is_not_waited_for_long() -> None:
    assert connection.settings_dict["OPTIONS"]["connect_timeout"] == 10


@pytest.mark.parametrize(
    ("error", "cause", "is_away"),
    [
        (OperationalError(), psycopg.OperationalError(), True),
        (OperationalError(), psycopg.errors.AdminShutdown(), True),
        (OperationalError(), psycopg.errors.TooManyConnections(), True),
        (OperationalError(), psycopg.errors.DiskFull(), True),
        (InterfaceError(), psycopg.InterfaceError(), True),
        (OperationalError(), psycopg.errors.QueryCanceled(), False),
        (OperationalError(), psycopg.errors.DeadlockDetected(), False),
        (ValueError(), None, False),
        (None, None, False),
    ],
)
def test_who_is_away(error: Exception | None, cause: Any, is_away: bool) -> None:
    if error:
        error.__cause__ = cause
    assert is_database_away(error) is is_away
