"""What monitoring asks: alive, ready, figures."""

import pytest
from django.test import Client
from pytest_django import Settings


def test_alive_needs_nothing_else(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
def test_not_ready_without_a_worker_and_says_so(client: Client) -> None:
    answer = client.get("/readyz", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 500
    verdicts = answer.json()
    assert [verdicts["Database"], verdicts["Cache"]] == ["OK", "OK"]
    assert "workers" in verdicts["Ping"]


def test_probes_may_come_over_http(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 301


@pytest.mark.django_db
def test_readiness_and_figures_are_for_those_who_hold_the_token(client: Client, settings: Settings) -> None:
    """Security statement 45: nothing of it is open to the outside."""
    settings.METRICS_TOKEN = "canary"
    for address in ("/metrics", "/readyz"):
        assert client.get(address).status_code == 403
        assert client.get(address, headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert client.get("/readyz", headers={"Authorization": "Bearer canary"}).status_code == 500
    answer = client.get("/metrics", headers={"Authorization": "Bearer canary"})
    assert answer.status_code == 200
    assert b"python_info" in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/admin/", "/flower/", "/__debug__/", "/_sandbox/", "/.env", "/static/../.env", "/static/%2e%2e/.env"]
)
def test_there_is_nothing_else_to_find(client: Client, address: str) -> None:
    """Security statement 45: neither an admin site, nor a monitor of the queue, nor files."""
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_an_unexpected_error_of_a_stranger_shows_a_reference_too(settings: Settings) -> None:
    """Security statement 44: every address for signed-in people see test_every_answer.py."""
    browser = Client(raise_request_exception=False)
    settings.ROOT_URLCONF = "tests.msi_admin.broken_urls"
    page = browser.get("/broken/")
    assert page.status_code == 500
    assert "canary" not in page.content.decode()
    assert "Something went wrong on our side" in page.content.decode()
    assert "<code>" in page.content.decode()
