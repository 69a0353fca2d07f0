"""While Redis is away or full people sign in, within limits that each process keeps; what must be queued says so."""

from collections.abc import Iterator

import pytest
import redis
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import Settings

from accounts import tasks
from accounts.models import User
from common import throttling
from common.redis_client import redis_client
from devtools.embedded.attach import Services
from tests.factories import with_password
from tests.pages import text_of
from tests.signing_in import sign_in

AWAY = "unix:///nowhere/redis.sock"


@pytest.fixture(autouse=True, params=["away", "full"])
def _redis_is_of_no_use(
    request: pytest.FixtureRequest, servers: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    throttling._MEANWHILE.clear()
    if request.param == "full":
        redis_client().config_set("maxmemory", 1)
        yield
        redis_client().config_set("maxmemory", 0)
        return
    client = redis.Redis.from_url(AWAY)
    monkeypatch.setattr(throttling, "redis_client", lambda: client)
    settings.CACHES = {name: {**options, "LOCATION": AWAY} for name, options in settings.CACHES.items()}
    yield


def test_somebody_signs_in(client: Client, admin: User) -> None:
    assert sign_in(client, with_password(admin).email).status_code == 302
    assert client.get("/settings/profile/").status_code == 200


def test_and_is_still_limited(client: Client, admin: User) -> None:
    """Security statement 38."""
    for _ in range(5):
        sign_in(client, with_password(admin).email, "Wrong-Passw0rd!")
    assert "Too many passwords" in text_of(sign_in(client, admin.email))
    assert throttling.hit("other", seconds=60) == 1
    throttling.take_back("other")
    throttling.take_back("never-counted")
    assert throttling.hit("other", seconds=60) == 1


@pytest.mark.django_db
def test_a_forgotten_password_has_to_wait_and_is_told_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("Error 2 connecting to unix socket")

    monkeypatch.setattr(tasks.send_password_reset, "delay", refuse)
    answer = client.post("/accounts/password/reset/", {"email": "anna@acme.example"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "Try again in a minute" in text_of(answer)
