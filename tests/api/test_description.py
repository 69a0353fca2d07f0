"""The description (OpenAPI) and the API, held against each other by schemathesis with everything it checks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from accounts.models import SalesAccount, User
from api.v1 import auth
from api.v1.api import api
from tests.api.conftest import call, secret_of
from tests.api.test_reading import fill

described = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
console = WSGIHandler()
described.app = lambda environ, start: console({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)


@pytest.fixture
def token(account: SalesAccount, admin: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of an account that has something of everything; calls work in the transaction of the test."""
    monkeypatch.setattr(auth, "CALLS_A_MINUTE", 1_000_000)
    fill(account)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield secret_of(admin)
    for signal in signals:
        signal.connect(close_old_connections)


@described.parametrize()
@settings(max_examples=10, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_the_api_does_what_its_description_says(case: schemathesis.Case[Any], token: str) -> None:
    """With good and bad values, with and without a token, with methods that there are not."""
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})


def test_the_description_is_open_and_says_how_to_come_in(db: None) -> None:
    answer = call("openapi.json")
    assert answer.status_code == 200
    described = answer.json()
    assert described["openapi"] == "3.1.0"
    assert described["components"]["securitySchemes"] == {"Token": {"type": "http", "scheme": "bearer"}}
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert len(operations) == 7
    assert all(operation["security"] == [{"Token": []}] for operation in operations)


def test_the_description_is_made_once() -> None:
    """Anybody may ask for it, as often as they like."""
    assert api.get_openapi_schema() is api.get_openapi_schema()
