"""User management: bare JSON without an envelope, and failures as HTTP statuses."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo.envelope import MarketoError, json_answer
from sandbox.marketo.instance import Instance
from sandbox.marketo.permissions import USER_API, USERS
from sandbox.settings import API_USER, DEMO_USERS

ADMIN: Final = "Admin"
STANDARD: Final = "Standard User"
WORKSPACE_ADMIN: Final = "Workspace Admin"
MARKETER: Final = "Marketer"
API_ONLY: Final = "API Role"
_ROLE_IDS: Final = {ADMIN: 1, STANDARD: 2, API_ONLY: 101, WORKSPACE_ADMIN: 102, MARKETER: 103}
_STATUSES: Final = {"601": 401, "602": 401, "603": 401, "606": 429, "607": 429, "615": 429}
_CREATED: Final = "2019-03-04T09:00:00.000t+0000"
LARGEST_PAGE: Final = 200
INVITATION_DAYS: Final = 7


@dataclass(frozen=True)
class _User:
    number: int
    first_name: str
    last_name: str
    email: str
    role: str
    workspace: int = 0
    is_locked: bool = False
    is_pending: bool = False

    def userid(self, *, is_ims: bool) -> str:
        """An address for a Marketo identity, a GUID for an Adobe one."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.email)).upper() if is_ims else self.email

    def as_dict(self, *, is_ims: bool) -> dict[str, Any]:
        return {
            "userid": self.userid(is_ims=is_ims),
            "firstName": self.first_name,
            "lastName": self.last_name,
            "emailAddress": self.email,
            "id": self.number,
            "apiOnly": self.role == API_ONLY,
        }

    def roles(self) -> list[dict[str, Any]]:
        place = {"workspaceId": self.workspace, "workspaceName": _WORKSPACES[self.workspace]}
        return [{"accessRoleId": _ROLE_IDS[self.role], "accessRoleName": self.role, **place}]


_WORKSPACES: Final = {0: "AllZones", 1: "Default", 2: "EU"}
_MARKETO_ADMIN, _SALESFORCE_ADMIN, _OPS = DEMO_USERS
_PEOPLE: Final = (
    _User(1, "Mia", "Holm", _MARKETO_ADMIN, ADMIN),
    _User(2, "Maria", "Lind", "maria.lind@acme.example", ADMIN),
    _User(3, "Jonas", "Berg", "jonas.berg@acme.example", ADMIN),
    _User(4, "Sam", "Rivera", _SALESFORCE_ADMIN, STANDARD),
    _User(5, "Olu", "Adeyemi", _OPS, STANDARD),
    _User(6, "Elena", "Rossi", "elena.rossi@acme.example", STANDARD),
    _User(7, "Sandbox", "API", API_USER, API_ONLY),
    _User(8, "Tom", "Clark", "tom.clark@acme.example", MARKETER, is_locked=True),
    # Runs the EU workspace through a custom role, which no API tells from any other custom role.
    _User(9, "Priya", "Patel", "priya.patel@acme.example", WORKSPACE_ADMIN, workspace=2),
)
_PENDING: Final = _User(10, "Lukas", "Meyer", "lukas.meyer@acme.example", STANDARD, is_pending=True)


class _UserManagementError(Exception):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def routes(instance: Instance) -> list[Route]:
    root = "/userservice/management/v1/users"
    user = root + "/{userid}"
    writes = ("update.json", "delete.json", "invite/delete.json", "roles/create.json", "roles/delete.json")
    return [
        _route(instance, f"{root}/allusers.json", _all_users),
        _route(instance, f"{root}/roles.json", _roles),
        _route(instance, f"{root}/workspaces.json", _workspaces),
        _route(instance, f"{root}/invite.json", _refuse_write, "POST"),
        _route(instance, f"{user}/roles.json", _user_roles),
        _route(instance, f"{user}/user.json", _user),
        _route(instance, f"{user}/invite.json", _invitation),
        *(_route(instance, f"{user}/{name}", _refuse_write, "POST") for name in writes),
    ]


Answer = Callable[[Instance, Request], Any]


def _route(instance: Instance, path: str, answer: Answer, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return json_answer(request, _admitted(instance, request, answer))
        except MarketoError as error:
            return _refusal(request, _STATUSES[error.code], error.code, str(error))
        except _UserManagementError as error:
            return _refusal(request, error.status, error.code, str(error))

    return Route(path, endpoint, methods=[method])


def _admitted(instance: Instance, request: Request, answer: Answer) -> Any:
    client = instance.tokens.check(request, in_query=False)
    with instance.limits.admit(client.user):
        if not (client.may((USER_API,)) and client.may((USERS,))):
            raise _UserManagementError(403, "603", "Access denied")
        return answer(instance, request)


def _refusal(request: Request, status: int, code: str, message: str) -> Response:
    return json_answer(request, {"errors": [{"code": code, "message": message}]}, status)


def _all_users(instance: Instance, request: Request) -> list[dict[str, Any]]:
    size, start = (_whole(request, name, default) for name, default in (("pageSize", 20), ("pageOffset", 0)))
    is_ims = instance.world.switches.ims_users
    return [user.as_dict(is_ims=is_ims) for user in _PEOPLE[start : start + min(size, LARGEST_PAGE)]]


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _roles(_: Instance, __: Request) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            "type": "custom" if number > 100 else "system",
            "hidden": False,
            "onlyAllZones": False,
            "createdAt": _CREATED,
            "updatedAt": _CREATED,
        }
        for name, number in _ROLE_IDS.items()
    ]


def _workspaces(_: Instance, __: Request) -> list[dict[str, Any]]:
    common = {"globalViz": 0, "status": "active", "createdAt": _CREATED, "updatedAt": _CREATED}
    return [{"id": number, "name": name, "description": name, **common} for number, name in _WORKSPACES.items()]


def _found(instance: Instance, request: Request, *, is_pending: bool) -> _User:
    userid = request.path_params["userid"].lower()
    is_ims = instance.world.switches.ims_users
    found = (user for user in (*_PEOPLE, _PENDING) if user.is_pending == is_pending)
    user = next((user for user in found if user.userid(is_ims=is_ims).lower() == userid), None)
    if user is None:
        raise _UserManagementError(404, "1013", "User not found")
    return user


def _user_roles(instance: Instance, request: Request) -> list[dict[str, Any]]:
    return _found(instance, request, is_pending=False).roles()


def _user(instance: Instance, request: Request) -> dict[str, Any]:
    user = _found(instance, request, is_pending=False)
    return {
        **user.as_dict(is_ims=instance.world.switches.ims_users),
        "optedIn": False,
        "failedLogins": 5 if user.is_locked else 0,
        "failedDeviceCode": 0,
        "isLocked": user.is_locked,
        "lockedReason": "Too many failed logins" if user.is_locked else None,
        "userRoleWorkspaces": user.roles(),
        "expiresAt": None,
        "lastLoginAt": _CREATED,
    }


def _invitation(instance: Instance, request: Request) -> dict[str, Any]:
    user = _found(instance, request, is_pending=True)
    expires = datetime.fromtimestamp(instance.world.clock.timestamp() + INVITATION_DAYS * 86_400, UTC)
    times = {"createdAt": _CREATED, "expiresAt": f"{expires:%Y-%m-%dT%H:%M:%S.000}t+0000"}
    return {**user.as_dict(is_ims=instance.world.switches.ims_users), "status": "pending", **times}


def _refuse_write(_: Instance, __: Request) -> Any:
    raise _UserManagementError(403, "603", "Users of this sandbox cannot be changed")
