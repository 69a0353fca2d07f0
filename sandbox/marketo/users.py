"""User management: bare JSON without an envelope, and failures as HTTP statuses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo.envelope import MarketoError, json_answer
from sandbox.marketo.identity import API_USER
from sandbox.marketo.instance import Instance
from sandbox.settings import DEMO_USERS

ADMIN: Final = "Admin"
STANDARD: Final = "Standard User"
API_ONLY: Final = "API Role"
_ROLE_IDS: Final = {ADMIN: 1, STANDARD: 2, API_ONLY: 101}
_STATUSES: Final = {"601": 401, "602": 401, "603": 401, "606": 429, "607": 429, "615": 429}
_CREATED: Final = "2019-03-04T09:00:00.000t+0000"


@dataclass(frozen=True)
class _User:
    number: int
    first_name: str
    last_name: str
    email: str
    role: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "userid": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "emailAddress": self.email,
            "id": self.number,
            "apiOnly": self.role == API_ONLY,
        }


_MARKETO_ADMIN, _SALESFORCE_ADMIN, _OPS = DEMO_USERS
USERS: Final = (
    _User(1, "Marketo", "Admin", _MARKETO_ADMIN, ADMIN),
    _User(2, "Maria", "Lind", "maria.lind@acme.example", ADMIN),
    _User(3, "Jonas", "Berg", "jonas.berg@acme.example", ADMIN),
    _User(4, "Salesforce", "Admin", _SALESFORCE_ADMIN, STANDARD),
    _User(5, "Ops", "Engineer", _OPS, STANDARD),
    _User(6, "Elena", "Rossi", "elena.rossi@acme.example", STANDARD),
    _User(7, "Sandbox", "API", API_USER, API_ONLY),
)


def routes(instance: Instance) -> list[Route]:
    root = "/userservice/management/v1/users"
    return [
        _route(instance, f"{root}/allusers.json", _all_users),
        _route(instance, f"{root}/roles.json", _roles),
        _route(instance, f"{root}/workspaces.json", _workspaces),
        _route(instance, root + "/{userid}/roles.json", _user_roles),
    ]


class _NoSuchUserError(Exception):
    pass


def _route(instance: Instance, path: str, answer: Callable[[Request], list[dict[str, Any]]]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            instance.tokens.check(request)
            with instance.limits.admit():
                return json_answer(request, answer(request))
        except MarketoError as error:
            return _refusal(request, _STATUSES[error.code], error.code, str(error))
        except _NoSuchUserError:
            return _refusal(request, 404, "1013", "User not found")

    return Route(path, endpoint)


def _refusal(request: Request, status: int, code: str, message: str) -> Response:
    return json_answer(request, {"errors": [{"code": code, "message": message}]}, status)


def _all_users(request: Request) -> list[dict[str, Any]]:
    size, start = (_whole(request, name, default) for name, default in (("pageSize", 20), ("pageOffset", 0)))
    return [user.as_dict() for user in USERS[start : start + min(size, 200)]]


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _roles(_: Request) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            "type": "custom" if name == API_ONLY else "system",
            "hidden": False,
            "onlyAllZones": False,
            "createdAt": _CREATED,
            "updatedAt": _CREATED,
        }
        for name, number in _ROLE_IDS.items()
    ]


def _workspaces(_: Request) -> list[dict[str, Any]]:
    workspace = {"id": 0, "name": "AllZones", "description": "All workspaces", "globalViz": 0, "status": "active"}
    return [{**workspace, "createdAt": _CREATED, "updatedAt": _CREATED}]


def _user_roles(request: Request) -> list[dict[str, Any]]:
    userid = request.path_params["userid"]
    user = next((user for user in USERS if user.email == userid), None)
    if user is None:
        raise _NoSuchUserError
    names = {"accessRoleId": _ROLE_IDS[user.role], "accessRoleName": user.role}
    return [{**names, "workspaceId": 0, "workspaceName": "AllZones"}]
