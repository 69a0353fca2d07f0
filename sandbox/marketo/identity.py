"""Access tokens of the custom service (client credentials), and the token endpoint."""

import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sandbox.marketo.envelope import MarketoError, json_answer
from sandbox.world import World

API_USER: Final = "sandbox-api@acme.example"


@dataclass
class _Token:
    value: str
    expires: float
    seen_expired: bool = False


class Tokens:
    """One living token at a time; asking again before it expires returns the same one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._issued: dict[str, _Token] = {}
        self._current: _Token | None = None

    def current(self) -> tuple[str, int]:
        """The living token and the whole seconds it has left."""
        now = self.world.clock.timestamp()
        if self._current is None or self._current.expires <= now:
            self._current = _Token(f"{uuid.uuid4()}:ab", now + self.world.switches.token_seconds)
            self._issued[self._current.value] = self._current
        return self._current.value, int(self._current.expires - now)

    def check(self, request: Request) -> None:
        """MarketoError 603 without a token, 602 at the first use of an expired one, 601 from then on or if unknown."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise MarketoError("603")
        token = self._issued.get(value.strip())
        if token is None or token.seen_expired:
            raise MarketoError("601")
        if token.expires <= self.world.clock.timestamp():
            token.seen_expired = True
            raise MarketoError("602")

    async def answer(self, request: Request) -> Response:
        """The token endpoint: parameters in the query or in a form body."""
        form = await request.form() if request.method == "POST" else {}
        given = {**request.query_params, **{name: str(value) for name, value in form.items()}}
        if given.get("grant_type") != "client_credentials":
            return _refusal(request, "unauthorized", "Unsupported grant type")
        if not self._knows(given.get("client_id", ""), given.get("client_secret", "")):
            return _refusal(request, "invalid_client", "Bad client credentials")
        value, seconds = self.current()
        body = {"access_token": value, "token_type": "bearer", "expires_in": seconds, "scope": API_USER}
        return _uncached(json_answer(request, body))

    def _knows(self, client_id: str, client_secret: str) -> bool:
        settings = self.world.settings
        right_secret = hmac.compare_digest(client_secret.encode(), settings.client_secret.encode())
        return client_id == settings.client_id and right_secret


def _refusal(request: Request, error: str, description: str) -> Response:
    return _uncached(json_answer(request, {"error": error, "error_description": description}, 401))


def _uncached(response: Response) -> Response:
    response.headers.update({"Cache-Control": "no-store", "Pragma": "no-cache"})
    return response
