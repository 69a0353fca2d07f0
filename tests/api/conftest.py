"""Programs that call the API with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from api.scopes import Scope
from api.tokens import Owner, make_token

Call = Callable[..., Any]


def secret_of(owner: User, *scopes: Scope, days: int = 90) -> str:
    """A new token of somebody: of all accounts for ops staff, otherwise of their own account."""
    whose = Owner(user=owner) if owner.is_ops_staff else Owner(member=owner.member)
    return make_token(owner=whose, name="Grafana", scopes=scopes or tuple(Scope), days=days, made_by=owner)[1]


def call(path: str, secret: str = "", **headers: str) -> Any:
    """GET below /api/v1/, or an address that an answer named."""
    authorization = {"Authorization": f"Bearer {secret}"} if secret else {}
    browser = Client(raise_request_exception=False)
    address = path if path.startswith("http") else f"/api/v1/{path}"
    return browser.get(address, headers={**authorization, **headers})


@pytest.fixture
def secret(admin: User) -> str:
    """Of a token of the account that may read everything."""
    return secret_of(admin)


@pytest.fixture
def ops_secret(ops: User) -> str:
    return secret_of(ops)
