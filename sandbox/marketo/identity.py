"""Access tokens of the custom services (client credentials), and the token endpoint."""

import hmac
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.marketo.envelope import MarketoError, json_answer
from sandbox.settings import ApiClient
from sandbox.world import World


@dataclass
class _Token:
    value: str
    client_id: str
    expires: float
    seen_expired: bool = False


class Tokens:
    """One living token for each client; asking again before it expires returns the same one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._issued: dict[str, _Token] = {}
        self._current: dict[str, _Token] = {}

    def current(self, client_id: str) -> tuple[str, int]:
        """The living token of a client and the whole seconds it has left."""
        now = self.world.clock.timestamp()
        token = self._current.get(client_id)
        if token is None or token.expires <= now or token.value not in self._issued:
            token = _Token(f"{uuid.uuid4()}:ab", client_id, now + self.world.switches.token_seconds)
            self._issued[token.value] = self._current[client_id] = token
        return token.value, int(token.expires - now)

    def dump(self) -> list[dict[str, Any]]:
        """Every token, the living ones last, as JSON's types, for ``load``."""
        return [asdict(token) for token in self._issued.values()]

    def load(self, kept: list[dict[str, Any]]) -> None:
        for values in kept:
            token = _Token(**values)
            self._issued[token.value] = self._current[token.client_id] = token

    def client_of(self, request: Request) -> ApiClient | None:
        """Whose token a request carries, living or not; None without a known one."""
        token = self._issued.get(self._value(request))
        return self._client(token.client_id) if token else None

    def expire(self, request: Request) -> None:
        """End the request's token now: its next use is answered 602, those after it 601."""
        token = self._issued.get(self._value(request))
        if token is not None:
            token.expires = self.world.clock.timestamp()

    def revoke(self, request: Request) -> None:
        """Forget the request's token: it is answered 601 from now on."""
        self._issued.pop(self._value(request), None)

    def check(self, request: Request, *, in_query: bool = True) -> ApiClient:
        """The caller. MarketoError 603 without a token or from a blocked address, 602 at the first use of an expired
        token, 601 from then on or for an unknown one. ``in_query``: the API takes query tokens if the switch does."""
        self._check_address(request)
        value = self._value(request, in_query=in_query)
        if not value:
            raise MarketoError("603")
        token = self._issued.get(value)
        if token is None or token.seen_expired:
            raise MarketoError("601")
        if token.expires <= self.world.clock.timestamp():
            token.seen_expired = True
            raise MarketoError("602")
        client = self._client(token.client_id)
        if client is None:
            raise MarketoError("601")
        return client

    def _check_address(self, request: Request) -> None:
        allowed = self.world.switches.marketo_ip_allowlist.replace(",", " ").split()
        if allowed and (request.client is None or request.client.host not in allowed):
            raise MarketoError("603")

    def _value(self, request: Request, *, in_query: bool = True) -> str:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and value:
            return value.strip()
        takes_query = in_query and self.world.switches.query_tokens
        return request.query_params.get("access_token", "") if takes_query else ""

    def _client(self, client_id: str) -> ApiClient | None:
        return next((client for client in self.world.settings.api_clients if client.client_id == client_id), None)

    async def answer(self, request: Request) -> Response:
        """The token endpoint: parameters in the query or in a form body."""
        form = await request.form() if request.method == "POST" else {}
        given = {**request.query_params, **{name: str(value) for name, value in form.items()}}
        if given.get("grant_type") != "client_credentials":
            return _refusal(request, "unauthorized", "Unsupported grant type")
        client = self._client(given.get("client_id", ""))
        secret = given.get("client_secret", "")
        if client is None or not hmac.compare_digest(secret.encode(), client.client_secret.encode()):
            return _refusal(request, "invalid_client", "Bad client credentials")
        value, seconds = self.current(client.client_id)
        body = {"access_token": value, "token_type": "bearer", "expires_in": seconds, "scope": client.user}
        return _uncached(json_answer(request, body))


def _refusal(request: Request, error: str, description: str) -> Response:
    return _uncached(json_answer(request, {"error": error, "error_description": description}, 401))


def _uncached(response: Response) -> Response:
    response.headers.update({"Cache-Control": "no-store", "Pragma": "no-cache"})
    return response
