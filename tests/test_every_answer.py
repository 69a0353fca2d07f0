"""What every answer of the console keeps to, whatever the address: headers, caches, errors that tell nothing."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from connections.models import MarketoInstance
from tests.addresses import ADDRESSES
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin

# Pages of allauth, and addresses that nobody has.
OTHERS = ["/accounts/login/", "/accounts/password/reset/", "/accounts/2fa/", "/accounts/sessions/", "/nowhere/"]
EVERY_ADDRESS = [*ADDRESSES, *OTHERS]
# Exports, and an address that is refused before any view.
MORE = ["/settings/admin/audit/export/", "/settings/admin/users/invite-csv/template/", "/settings/people/?q=%00"]


@pytest.fixture
def browser(admin: User, instance: MarketoInstance, client_of: ClientOf) -> Client:
    """Of somebody who may open everything."""
    make_marketo_admin(instance, admin.email)
    User.objects.filter(pk=admin.pk).update(is_superuser=True, is_ops_staff=True)
    return client_of(admin)


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_every_address_answers_as_it_must(browser: Client, is_signed_in: bool) -> None:
    """Whoever opens it: headers, caches, and a way on from addresses that take forms only."""
    visitor = browser if is_signed_in else Client()
    answers = {address: visit(visitor, "get", address, stays_in=is_signed_in) for address in [*EVERY_ADDRESS, *MORE]}
    for address, answer in answers.items():
        if address in EVERY_ADDRESS:
            assert_browsers_do_no_more_than_they_must(answer, address)
        if is_signed_in:
            assert "no-store" in answer.headers.get("Cache-Control", ""), address
    refused = [answer for address, answer in answers.items() if address in ADDRESSES and answer.status_code == 405]
    assert len(refused) > 3
    for answer in refused:
        assert_says_the_way_on(answer)


def test_no_answer_to_a_form_is_kept_by_a_cache(browser: Client) -> None:
    """Security statement 42, as for pages above: refusals and errors, too."""
    for address in [*EVERY_ADDRESS, *MORE]:
        answer = visit(browser, "post", address, stays_in=True)
        assert "no-store" in answer.headers.get("Cache-Control", ""), address


def visit(browser: Client, method: str, address: str, *, stays_in: bool) -> Any:
    answer = getattr(browser, method)(address)
    if stays_in and not browser.session.get("_auth_user_id"):
        pytest.fail(f"{method} {address} signs out")
    return answer


def assert_browsers_do_no_more_than_they_must(answer: Any, address: str) -> None:
    """Security statement 40: what public header scanners look at, on every address; HSTS see test_production.py."""
    headers = answer.headers
    policy = directives(headers["Content-Security-Policy"])
    assert "unsafe" not in headers["Content-Security-Policy"], address
    assert {policy[name] for name in ("default-src", "base-uri", "frame-ancestors")} == {"'none'"}, address
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'", address
    assert policy.get("object-src", policy["default-src"]) == "'none'", address
    assert headers["X-Content-Type-Options"] == "nosniff", address
    assert headers["X-Frame-Options"] == "DENY", address
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, address
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
    assert "camera=()" in headers["Permissions-Policy"], address


def assert_says_the_way_on(answer: Any) -> None:
    """Addresses that take forms only are opened, too: after a new sign-in, or from the list of visited pages."""
    assert answer["Allow"] == "POST"
    assert "Nothing was changed" in answer.content.decode()
    assert 'class="btn btn-primary" href="/"' in answer.content.decode()


# What is read before the view of a signed-in person begins.
BEFORE_THE_VIEW = re.compile(r"django_session|accounts_user|accounts_member|SAVEPOINT|usersessions")


def the_rest_fails(execute: Any, sql: str, *rest: Any) -> Any:
    if BEFORE_THE_VIEW.search(sql):
        return execute(sql, *rest)
    raise RuntimeError("canary")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unexpected_error_shows_a_reference_and_nothing_else(
    browser: Client, settings: Settings, method: str
) -> None:
    """Security statement 44: every address fails in the middle of its work; the reference is in the logs."""
    assert not settings.DEBUG
    browser.raise_request_exception = False
    failed = []
    with connection.execute_wrapper(the_rest_fails):
        for address in ADDRESSES:
            answer = getattr(browser, method)(address)
            if answer.status_code == 500:
                failed.append(address)
                assert_tells_nothing(answer.content.decode(), address)
    assert len(failed) > 35


def assert_tells_nothing(page: str, address: str) -> None:
    assert re.search(r"<code>[0-9a-f-]{36}</code>", page), address
    assert "Something went wrong on our side" in page
    assert not re.search(r"canary|Traceback|RuntimeError|SELECT|\.py", page), address


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/settings/people/?q=a%00b", "/settings/admin/users/?q=%00", "/invitations/a%00b/"]
)
def test_a_nul_byte_in_an_address_is_refused(client_of: ClientOf, member: User, address: str) -> None:
    answer = client_of(member).get(address)
    assert answer.status_code == 400
    assert "That request could not be read" in answer.content.decode()
