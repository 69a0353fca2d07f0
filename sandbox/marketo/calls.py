"""From an HTTP request to a handler's call and back: token, limits, verbs, parameters, envelope."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo.envelope import MarketoError, failure, json_answer
from sandbox.marketo.instance import Instance

LARGEST_BODY: Final = 1_000_000
_VERBS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class MarketoCall:
    """A checked call: query and form parameters together, the JSON body if there was one, path parameters."""

    instance: Instance
    request: Request
    verb: str
    parameters: dict[str, list[str]]
    body: Any

    def value(self, name: str, default: str = "") -> str:
        return self.parameters.get(name, [default])[0]

    def values(self, name: str) -> list[str]:
        """All values of a parameter, whether comma-joined or repeated."""
        joined = ",".join(self.parameters.get(name, []))
        return [value.strip() for value in joined.split(",") if value.strip()]

    def required(self, name: str) -> str:
        if not self.value(name):
            raise MarketoError("1002", f"Missing value for required parameter '{name}'")
        return self.value(name)

    def number(self, name: str, default: int) -> int:
        """A whole number from 0; MarketoError 1001 for other text."""
        text = self.value(name, str(default))
        if not text.isascii() or not text.isdigit():
            raise MarketoError("1001", f"Invalid value '{text}'. Required of type 'integer'")
        return int(text)

    def size(self, largest: int, name: str = "batchSize", default: int | None = None) -> int:
        """A page size; MarketoError 1003 when it is out of range."""
        size = self.number(name, largest if default is None else default)
        if not 1 <= size <= largest:
            raise MarketoError("1003", f"{name} should be between 1 and {largest}")
        return size


Handler = Callable[[MarketoCall], Awaitable[Response | dict[str, Any]]]


def route(instance: Instance, path: str, *, reads_body: bool = True, **handlers: Handler) -> Route:
    """A REST route with a handler per verb (``get=...``). Every failure comes back as an envelope with HTTP 200."""

    async def endpoint(request: Request) -> Response:
        try:
            instance.tokens.check(request)
            answer = await _handle(instance, request, handlers, reads_body=reads_body)
        except MarketoError as error:
            answer = failure(instance.world, error.code, str(error))
        return answer if isinstance(answer, Response) else json_answer(request, answer)

    return Route(path, endpoint, methods=_VERBS)


async def _handle(
    instance: Instance, request: Request, handlers: dict[str, Handler], *, reads_body: bool
) -> Response | dict[str, Any]:
    content = await request.body()
    if len(content) > LARGEST_BODY:
        return Response("413 Request Entity Too Large", 413)
    call = await _read_call(instance, request, content if reads_body else b"")
    handler = handlers.get(call.verb.lower())
    if handler is None:
        raise MarketoError("605", f"Request method '{call.verb}' not supported")
    with instance.limits.admit():
        return await handler(call)


async def _read_call(instance: Instance, request: Request, content: bytes) -> MarketoCall:
    pairs = list(request.query_params.multi_items())
    body = None
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content and kind == _FORM:
        pairs += [(name, str(value)) for name, value in (await request.form()).multi_items()]
    elif content:
        body = _read_json(content, kind)
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    verb = parameters.get("_method", [request.method])[0].upper() if request.method == "POST" else request.method
    return MarketoCall(instance, request, verb, parameters, body)


def _read_json(content: bytes, kind: str) -> Any:
    if kind != "application/json":
        raise MarketoError("612")
    try:
        return json.loads(content)
    except ValueError:
        raise MarketoError("609") from None
