"""Where a browser is sent after a form."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.conftest import ClientOf
from tests.factories import PASSWORD, with_password
from tests.signing_in import sign_in

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https:evil.example",
    "https:///evil.example",
    "http:///evil.example",
    "https://evil.example/",
    "\\\\evil.example",
    "/\\evil.example",
    "\t//evil.example",
    "/%09/evil.example",
    "%2f%2fevil.example",
    "javascript:alert(1)",
    "https://testserver@evil.example",
    "https://evil.example\\@testserver",
    "https://testserver/",
    "http://127.0.0.1/",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_form_leads_nowhere_else(admin: User, client_of: ClientOf, settings: Settings, address: str) -> None:
    """Security statement 14: `next` and return addresses stay on our host."""
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    with_password(admin)
    answers = [
        client_of(admin).post("/language/", {"language": "sv", "next": address}),
        sign_in(Client(), admin.email, next=address),
        client_of(admin).post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address}),
        client_of(admin).get("/connections/salesforce/callback/", {"next": address, "state": address}),
        client_of(admin).post("/settings/admin/marketo/disconnect/", {"next": address}),
    ]
    for answer in answers:
        # As a browser reads it: a backslash is a slash, and tabs are nothing.
        target = answer.get("Location", "/").replace("\\", "/").replace("\t", "")
        assert urlsplit(urljoin("http://testserver/page/", target))[:2] == ("http", "testserver")
        assert not target.startswith("http"), "another of our names, or https instead of http, is elsewhere, too"


@pytest.mark.parametrize("path", ["/settings/profile/", "/settings/admin/users/selected/resend/"])
def test_what_somebody_searched_for_makes_no_header_too_long(admin: User, client_of: ClientOf, path: str) -> None:
    """A proxy would answer with an error of its own."""
    words = "q=" + "x" * 5_000
    for answer in (Client().get(f"{path}?{words}"), client_of(admin).post(path, {"here": words})):
        assert len(answer.get("Location", "")) < 2_000
