"""Who comes back from Salesforce waits for a host that anybody may choose: that must not keep everybody waiting."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from connections.asking import all_places, asking
from salesforce_orgs.returning import few_at_a_time, places
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT
from tests.salesforce_login import log_in_at_salesforce
from tests.sign_in.salesforce_browser import AtSalesforce, leave, link

pytestmark = pytest.mark.django_db


def behind(others: int, then: Callable[[], HttpResponseBase]) -> Any:
    """What is answered while so many others of the process wait for Salesforce."""
    if not others:
        return then()
    return few_at_a_time(lambda _request: behind(others - 1, then))(HttpRequest())


def test_who_signs_in_leaves_threads_to_others_and_loses_nothing(
    client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
) -> None:
    """Security statement 15: half a process's threads wait at most; the address is as good as before."""
    link(mia, client_of, at_salesforce)
    back = at_salesforce(leave(client))
    answer = behind(places.number, lambda: client.get(back))
    assert (answer.status_code, "Retry-After" in answer) == (503, True)
    assert f'href="{escape(back)}"' in answer.content.decode()
    assert behind(places.number - 1, lambda: client.get(back))["Location"] == "/"


def test_who_signs_in_finds_no_place_where_all_are_taken_by_questions(
    client: Client, mia: User, client_of: ClientOf, at_salesforce: AtSalesforce
) -> None:
    """Security statement 15: of all that waits for a provider two threads are left."""
    link(mia, client_of, at_salesforce)
    back = at_salesforce(leave(client))
    with ExitStack() as others:
        for number in range(all_places.number):
            others.enter_context(asking("something", number))
        assert client.get(back).status_code == 503
    assert client.get(back)["Location"] == "/"


def test_who_connects_leaves_threads_to_others_and_loses_nothing(browser: Client, sandbox: SandboxProcess) -> None:
    """Security statement 15: the same of the other address to which Salesforce sends browsers back."""
    back = log_in_at_salesforce(sandbox, leave(browser, CONNECT))
    assert behind(places.number, lambda: browser.get(back)).status_code == 503
    assert behind(places.number - 1, lambda: browser.get(back))["Location"] == "/settings/admin/salesforce/"
