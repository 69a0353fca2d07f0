"""The frame around every REST call: token, error envelope, usage header, indentation, compression."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from ipaddress import ip_address, ip_network
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce.access import Access
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.grants import grant_of
from sandbox.salesforce.org import Org
from sandbox.salesforce.permissions import holders, may_call_api
from sandbox.salesforce_faults import FAULT

OLDEST_VERSION: Final = 50
NEWEST_VERSION: Final = 66
JSON_TYPE: Final = "application/json;charset=UTF-8"
# Marks the scope of a part of a composite call: only the whole counts against the limit.
IN_COMPOSITE: Final = "sandbox.in_composite"
WORTH_COMPRESSING: Final = 1_000


@dataclass(frozen=True)
class Call:
    """One authorised call of the REST API by `username`."""

    org: Org
    request: Request
    username: str
    body: bytes

    @property
    def access(self) -> Access:
        """The org as the caller sees it."""
        return Access(self.org, self.username)

    @property
    def method(self) -> str:
        """The HTTP method, or the one a client that knows few methods means by `_HttpMethod`."""
        return self.request.query_params.get("_HttpMethod", self.request.method).upper()

    @property
    def fault(self) -> str:
        """The fault that struck this call, for the resource to play."""
        return str(self.request.scope.get(FAULT, ""))

    @property
    def base(self) -> str:
        """The path all resources of the asked-for version lie below."""
        return f"/services/data/v{self.request.path_params['version']}"

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises SalesforceError JSON_PARSER_ERROR or UNSUPPORTED_MEDIA_TYPE."""
        kind = self.request.headers.get("content-type", JSON_TYPE)
        if "json" not in kind:
            raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", f"Content-Type not supported: {kind}", 415)
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise SalesforceError("JSON_PARSER_ERROR", f"The body is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The body must be a JSON object.")
        return found


Handler = Callable[[Call], Any]
Endpoint = Callable[[Request], Awaitable[Response]]


def route(org: Org, path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> list[BaseRoute]:
    """A resource below `/services/data/vNN.0`, with and without a slash at its end: Salesforce redirects neither."""
    full = f"/services/data/v{{version}}{path}"
    endpoint = _endpoint(org, handler)
    return [Route(full, endpoint, methods=methods), Route(full + "/", endpoint, methods=methods)]


def _endpoint(org: Org, handler: Handler) -> Endpoint:
    async def answer(request: Request) -> Response:
        body = await _read_body(request)
        try:
            call = Call(org, request, authorise(org, request), body)
            found = await _handled(handler, call)
        except SalesforceError as error:
            found = json_response(request, [error.as_dict()], error.status)
        response = found if isinstance(found, Response) else json_response(request, found)
        response.headers["Sforce-Limit-Info"] = f"api-usage={org.api_calls}/{org.policies.daily_api_requests}"
        return response

    return answer


async def _handled(handler: Handler, call: Call) -> Any:
    """Reads run beside each other; writes run one at a time, in the event loop, as every other change does."""
    if call.request.method == "GET":
        return await run_in_threadpool(handler, call)
    found = handler(call)
    return await found if isawaitable(found) else found


async def _read_body(request: Request) -> bytes:
    body = await request.body()
    return gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body


def authorise(org: Org, request: Request) -> str:
    """The username behind a REST call. Raises SalesforceError when it may not go on."""
    _check_version(request.path_params["version"])
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "oauth"} or not token:
        raise SalesforceError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", 401)
    return check_session(org, request, token)


def check_session(org: Org, request: Request, token: str) -> str:
    """The username an access token stands for; the call is counted. Raises SalesforceError when it may not go on."""
    grant = grant_of(org, token)
    if grant is None or not org.user(grant.username)["IsActive"]:
        raise SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    if not is_allowed_address(org, request):
        raise SalesforceError("INVALID_SESSION_ID", "This session is not valid from the current IP address", 401)
    if "api" not in grant.scopes:
        raise SalesforceError("INVALID_SESSION_ID", "This session is not valid for use with the REST API", 401)
    if grant.username in org.users_without_api or not _may_call_api(org, grant.username):
        raise SalesforceError("API_CURRENTLY_DISABLED", "API is disabled for this User", 403)
    if org.api_calls >= org.policies.daily_api_requests:
        raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
    if not request.scope.get(IN_COMPOSITE, False):
        org.count_call()
    return grant.username


def _may_call_api(org: Org, username: str) -> bool:
    return not org.api_rights or any(may_call_api(org, holder) for holder in holders(org, username))


def is_allowed_address(org: Org, request: Request) -> bool:
    """Whether a call comes from a network the administrator allows."""
    networks = org.policies.allowed_networks
    address = ip_address(request.client.host if request.client else "127.0.0.1")
    return not networks or any(address in ip_network(network) for network in networks)


def _check_version(version: str) -> None:
    major, _, minor = version.partition(".")
    if not major.isdigit() or minor != "0" or int(major) > NEWEST_VERSION:
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", 404)
    if int(major) < OLDEST_VERSION:
        raise SalesforceError("GONE", f"API version {version} is no longer served here.", 410)


def json_response(request: Request, content: Any, status: int = 200) -> Response:
    """JSON, indented for `X-PrettyPrint: 1` and compressed for clients that take gzip."""
    indent = 2 if request.headers.get("x-prettyprint") == "1" else None
    body = json.dumps(content, ensure_ascii=False, indent=indent).encode()
    headers = {"Content-Type": JSON_TYPE, "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private"}
    if accepts_gzip(request) and len(body) > WORTH_COMPRESSING:
        body = gzip.compress(body, 1)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status, headers)


def accepts_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")
