"""No address of the console forgets to ask who is there; new ones are found by themselves."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from tests.conftest import ClientOf, make_user

ROOMS = {"guide", "accounts", "connections", "sync", "invitations"}
# Anybody may: see an invitation they hold the link of, and change the language.
OPEN_TO_ALL = {"/invitations/1/", "/language/", "/help/1/"}
# A signed-in person without an account may also see their profile and be told what is missing.
OPEN_TO_PEOPLE_WITHOUT_ACCOUNT = {"/", "/settings/profile/", *OPEN_TO_ALL}

# What the role User is for; everything else is for admins, Salesforce admins, Marketo admins or ops staff.
OPEN_TO_USERS = [
    "/settings/profile/",
    "/settings/people/",
    "/settings/salesforce/",
    "/connections/salesforce/callback/",
    *OPEN_TO_ALL,
]


def addresses() -> Iterator[str]:
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace in ROOMS:
            yield from (address_of(pattern) for pattern in entry.url_patterns if isinstance(pattern, URLPattern))


def address_of(pattern: URLPattern) -> str:
    parts = str(pattern.pattern).split("/")
    return "/" + "/".join("1" if part.startswith("<") else part for part in parts)


ADDRESSES = sorted(set(addresses()))


def test_all_rooms_are_looked_at() -> None:
    assert len(ADDRESSES) > 35


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address not in OPEN_TO_ALL])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_anonymous_people_are_asked_to_sign_in(client: Client, method: str, address: str) -> None:
    answer = getattr(client, method)(address)
    if answer.status_code != 405:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a not in OPEN_TO_PEOPLE_WITHOUT_ACCOUNT])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.django_db
def test_people_without_an_account_find_nothing(client_of: ClientOf, method: str, address: str) -> None:
    answer = getattr(client_of(make_user("nobody@nowhere.example")), method)(address)
    assert answer.status_code in {404, 405}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/invitations/1/"])
def test_headers_keep_the_browser_from_doing_more_than_it_must(client: Client, address: str) -> None:
    headers = client.get(address).headers
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}


@pytest.mark.django_db
def test_pages_of_signed_in_people_are_never_kept_by_caches(client_of: ClientOf) -> None:
    page = client_of(make_user("nobody@nowhere.example")).get("/settings/profile/")
    assert "no-store" in page["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/settings/people/?q=a%00b", "/settings/admin/users/?q=%00", "/invitations/a%00b/"]
)
def test_a_nul_byte_in_an_address_is_refused(client_of: ClientOf, member: User, address: str) -> None:
    answer = client_of(member).get(address)
    assert answer.status_code == 400
    assert "That request could not be read" in answer.content.decode()


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a != "/" and not a.startswith(tuple(OPEN_TO_USERS))])
@pytest.mark.parametrize("method", ["get", "post"])
def test_members_without_the_role_are_refused(client_of: ClientOf, member: User, method: str, address: str) -> None:
    answer = getattr(client_of(member), method)(address)
    assert answer.status_code in {403, 405}
