"""What monitoring asks: alive, ready, figures."""

import time

import pytest
from django.test import Client
from pytest_django import Settings

from common.redis_client import redis_client
from pipeline import tasks
from sync import queue


def test_alive_needs_nothing_else(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html,*/*", "////"])
def test_a_web_process_is_ready_without_workers(client: Client, accept: str) -> None:
    """A missing loader must not take the site away, nor a header that nobody can read."""
    answer = client.get("/readyz", headers={"Accept": accept})
    assert (answer.status_code, answer.json()) == (200, {"Database": "OK", "Cache": "OK"})


@pytest.mark.django_db
def test_missing_workers_and_a_dead_scheduler_are_named(client: Client) -> None:
    redis_client().delete(queue.LAST_SWEEP)
    answer = client.get("/readyz/workers")
    assert answer.status_code == 500
    assert "workers" in answer.json()["Ping"]
    assert "no sweep" in answer.json()["Scheduler"]
    assert b"msi_sync_last_sweep_seconds +Inf" in client.get("/metrics").content
    tasks.sweep()
    assert client.get("/readyz/workers").json()["Scheduler"] == "OK"
    redis_client().set(queue.LAST_SWEEP, time.time() - 100)
    assert "100 seconds ago" in client.get("/readyz/workers").json()["Scheduler"]


@pytest.mark.django_db
def test_a_connection_that_redis_has_closed_is_no_fault_of_the_workers(client: Client) -> None:
    """After a restart of Redis the first look said "unknown error", and monitoring called somebody."""
    client.get("/readyz/workers")
    redis_client().client_kill_filter(_type="normal", skipme=True)
    assert client.get("/readyz/workers").json()["Ping"] == "Unavailable: Celery workers unavailable"


@pytest.mark.django_db
def test_probes_come_over_http_and_with_any_host(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for address in ("/healthz", "/readyz", "/metrics"):
        assert client.get(address, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/").status_code == 301
    assert client.get("/accounts/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_readiness_and_figures_are_for_those_who_hold_the_token(client: Client, settings: Settings) -> None:
    """Security statement 45: nothing of it is open to the outside."""
    settings.METRICS_TOKEN = "canary"
    for address in ("/metrics", "/readyz", "/readyz/workers"):
        assert client.get(address).status_code == 403
        assert client.get(address, headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert client.get("/readyz", headers={"Authorization": "Bearer canary"}).status_code == 200
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
