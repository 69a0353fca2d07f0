"""OAuth for devices without a browser (Salesforce help, "OAuth 2.0 Device Flow").

A person types a short code into a page and allows access there.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce.authorize import LOGIN, SCOPES, Authorization
from sandbox.salesforce.grants import Grant, TokenError, check_user, open_grant
from sandbox.salesforce.org import Org
from sandbox.salesforce.pages import render

CONNECT: Final = "/setup/connect"
LIFE: Final = timedelta(minutes=10)
SECONDS_BETWEEN_POLLS: Final = 5
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ23456789"


@dataclass
class Device:
    """One code that waits for its person; ``username`` is who allowed access."""

    client_id: str
    user_code: str
    scopes: tuple[str, ...]
    expires_at: datetime
    username: str = ""
    is_denied: bool = False


class Devices(dict[str, Device]):
    """The codes that wait, by the device's."""


def start_device(org: Org, client_id: str, scope: str, site: str) -> dict[str, Any]:
    """A code for the device and one for its person. Raises TokenError."""
    scopes = tuple(scope.split()) or tuple(SCOPES)
    if unknown := [name for name in scopes if name not in SCOPES]:
        raise TokenError("invalid_scope", f"the requested scope is not allowed: {unknown[0]}")
    user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    device = Device(client_id, user_code, scopes, org.world.clock.now() + LIFE)
    code = secrets.token_urlsafe(48)
    org.keep(Devices)[code] = device
    return {
        "device_code": code,
        "user_code": device.user_code,
        "verification_uri": site + CONNECT,
        "interval": SECONDS_BETWEEN_POLLS,
    }


def redeem_device(org: Org, code: str) -> Grant:
    """The grant of a device whose person has allowed access. Raises TokenError, also while nobody has."""
    device = org.keep(Devices).get(code)
    if device is None or device.expires_at < org.world.clock.now():
        raise TokenError("invalid_grant", "invalid device code")
    if device.is_denied:
        raise TokenError("access_denied", "end-user denied authorization")
    if not device.username:
        raise TokenError("authorization_pending", "authorization is pending")
    del org.keep(Devices)[code]
    check_user(org, device.username)
    return open_grant(org, device.client_id, device.username, device.scopes)


class DevicePages:
    """Where a person types in the code of a device."""

    def __init__(self, org: Org, authorization: Authorization) -> None:
        self.org = org
        self.authorization = authorization

    def routes(self) -> list[BaseRoute]:
        return [Route(CONNECT, self.connect, methods=["GET", "POST"])]

    async def connect(self, request: Request) -> Response:
        username = self.authorization.username(request)
        if username is None:
            return RedirectResponse(f"{LOGIN}?startURL={CONNECT}", 303)
        context: dict[str, Any] = {"username": username, "permissions": list(dict.fromkeys(SCOPES.values()))}
        if request.method == "GET":
            return render(request, "connect_device.html", context)
        form = await request.form()
        device = self._waiting(str(form.get("user_code", "")))
        if device is None:
            problem = "There is no device with this code. Check the code, or ask the device for a new one."
            return render(request, "connect_device.html", context | {"problem": problem}, 400)
        device.is_denied = form.get("decision") != "allow"
        device.username = "" if device.is_denied else username
        return render(request, "connect_device.html", context | {"device": device})

    def _waiting(self, user_code: str) -> Device | None:
        now, wanted = self.org.world.clock.now(), user_code.strip().upper()
        devices = (item for item in self.org.keep(Devices).values() if item.expires_at >= now)
        return next((item for item in devices if item.user_code == wanted), None)
