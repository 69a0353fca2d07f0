"""From an HTTP request to a handler's call and back: token, permission, limits, verbs, parameters, envelope."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import DELAY_KEY
from sandbox.marketo.envelope import MarketoError, failure, json_answer
from sandbox.marketo.instance import Instance
from sandbox.settings import ApiClient

LARGEST_BODY: Final = 1_000_000
_VERBS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class MarketoCall:
    """A checked call: who calls, query and form parameters together, the JSON body if there was one."""

    instance: Instance
    request: Request
    client: ApiClient
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
        return whole_number(self.value(name, str(default)))

    def size(self, largest: int, name: str = "batchSize", default: int | None = None) -> int:
        """A page size; MarketoError 1003 when it is out of range."""
        size = self.number(name, largest if default is None else default)
        if not 1 <= size <= largest:
            raise MarketoError("1003", f"{name} should be between 1 and {largest}")
        return size

    def path_number(self, name: str) -> int:
        """A number in the path; MarketoError 1001 for other text."""
        return whole_number(str(self.request.path_params[name]))

    def input(self, largest: int) -> list[dict[str, Any]]:
        """The records of a body's ``input``; MarketoError 1002 or 1003 when there are none or too many."""
        records = self.body.get("input") if isinstance(self.body, dict) else None
        if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
            raise MarketoError("1002", "Missing value for required parameter 'input'")
        if len(records) > largest:
            raise MarketoError("1003", f"Too many records in 'input'. Max is {largest}")
        return records


def whole_number(text: str) -> int:
    """MarketoError 1001 for text that is no whole number from 0."""
    if not text.isascii() or not text.isdigit():
        raise MarketoError("1001", f"Invalid value '{text}'. Required of type 'integer'")
    return int(text)


Handler = Callable[[MarketoCall], Awaitable[Response | dict[str, Any]]]


@dataclass(frozen=True)
class _Endpoint:
    """Handlers by lower-case verb, and the permissions of which one is needed: to read, and to write."""

    handlers: dict[str, Handler]
    needs: tuple[str, ...]
    writes: tuple[str, ...]
    reads_body: bool


def route(
    instance: Instance,
    path: str,
    needs: tuple[str, ...],
    *,
    writes: tuple[str, ...] | None = None,
    reads_body: bool = True,
    **handlers: Handler,
) -> Route:
    """A REST route with a handler per verb (``get=...``). Every failure comes back as an envelope with HTTP 200.

    ``needs`` are permissions of which one is enough; ``writes`` those for other verbs than GET, if different.
    """
    kept = _Endpoint(handlers, needs, needs if writes is None else writes, reads_body)

    async def endpoint(request: Request) -> Response:
        try:
            answer = await _handle(instance, request, kept)
        except MarketoError as error:
            instance.limits.note_error(error.code)
            answer = failure(instance.world, error.code, str(error))
        return answer if isinstance(answer, Response) else json_answer(request, answer)

    return Route(path, endpoint, methods=_VERBS)


async def _handle(instance: Instance, request: Request, endpoint: _Endpoint) -> Response | dict[str, Any]:
    client = instance.tokens.check(request)
    content = await request.body()
    if len(content) > LARGEST_BODY:
        return Response("413 Request Entity Too Large", 413)
    parameters = await _read_parameters(request)
    verb = parameters.get("_method", [request.method])[0].upper() if request.method == "POST" else request.method
    handler = endpoint.handlers.get(verb.lower())
    if handler is None:
        raise MarketoError("605", f"Request method '{verb}' not supported")
    with instance.limits.admit(client.user):
        if not client.may(endpoint.needs if verb == "GET" else endpoint.writes):
            raise MarketoError("603")
        await asyncio.sleep(request.scope.get(DELAY_KEY, 0))
        body = _read_json(request, content) if endpoint.reads_body else None
        return await handler(MarketoCall(instance, request, client, parameters, body))


def _content_kind(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def _read_parameters(request: Request) -> dict[str, list[str]]:
    pairs = list(request.query_params.multi_items())
    if _content_kind(request) == _FORM:
        pairs += [(name, str(value)) for name, value in (await request.form()).multi_items()]
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        parameters.setdefault(name, []).append(value)
    return parameters


def _read_json(request: Request, content: bytes) -> Any:
    """What a JSON body says; None without one, or when it was a form. MarketoError 609 or 612 for anything else."""
    kind = _content_kind(request)
    if not content or kind == _FORM:
        return None
    if kind != "application/json":
        raise MarketoError("612")
    try:
        return json.loads(content)
    except ValueError:
        raise MarketoError("609") from None
