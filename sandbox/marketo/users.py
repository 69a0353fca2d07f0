"""User management: bare JSON without an envelope, and failures as HTTP statuses.

What the calls take and answer follows the Adobe documentation, "User Management".
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo.envelope import MarketoError, json_answer
from sandbox.marketo.instance import Instance
from sandbox.marketo.permissions import USER_API, USERS
from sandbox.marketo.user_directory import CREATED, INVITATION_SECONDS, ROLES, WORKSPACES, User, read_places

LARGEST_PAGE: Final = 200
_FIRST_CUSTOM_ROLE: Final = 101
_SUBSCRIPTION: Final = 3_000
_STATUSES: Final = {"601": 401, "602": 401, "603": 401, "606": 429, "607": 429, "615": 429}
_WELCOME: Final = "You have been invited to Marketo.\n\nLogin to Marketo: https://app.marketo.example/\n"


class _UserManagementError(Exception):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Call:
    """A checked call with its JSON body, and the user in its path."""

    def __init__(self, instance: Instance, request: Request, body: Any) -> None:
        self.instance = instance
        self.request = request
        self.body = body
        self.is_ims = instance.world.switches.ims_users

    def user(self, *, is_pending: bool = False) -> User:
        user = self.instance.users.find(self.request.path_params["userid"], is_pending=is_pending)
        if user is None:
            raise _UserManagementError(404, "1013", "User not found")
        return user

    def editable_user(self) -> User:
        user = self.user()
        self.check_identity(is_api_only=user.api_only)
        return user

    def check_identity(self, *, is_api_only: bool) -> None:
        """People with an Adobe identity are managed by Adobe; only API-only users can be written here."""
        if self.is_ims and not is_api_only:
            raise _UserManagementError(403, "603", "Users with an Adobe identity cannot be changed by this API")


Answer = Callable[[_Call], Any]


def routes(instance: Instance) -> list[Route]:
    root = "/userservice/management/v1/users"
    user = root + "/{userid}"
    return [
        _route(instance, f"{root}/allusers.json", _all_users),
        _route(instance, f"{root}/roles.json", _roles),
        _route(instance, f"{root}/workspaces.json", _workspaces),
        _route(instance, f"{root}/invite.json", _invite, "POST"),
        _route(instance, f"{user}/roles.json", lambda call: _places(call.user())),
        _route(instance, f"{user}/user.json", lambda call: _details(call, call.user())),
        _route(instance, f"{user}/invite.json", _invitation),
        _route(instance, f"{user}/update.json", _update, "POST"),
        _route(instance, f"{user}/delete.json", _delete, "POST"),
        _route(instance, f"{user}/invite/delete.json", _delete_invitation, "POST"),
        _route(instance, f"{user}/roles/create.json", _add_roles, "POST"),
        _route(instance, f"{user}/roles/delete.json", _delete_roles, "POST"),
    ]


def _route(instance: Instance, path: str, answer: Answer, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            content = _admitted(instance, request, await request.body(), answer)
        except MarketoError as error:
            return _refusal(request, _STATUSES.get(error.code, 400), error.code, str(error))
        except _UserManagementError as error:
            return _refusal(request, error.status, error.code, str(error))
        except ValueError as error:
            return _refusal(request, 400, "1003", str(error))
        return json_answer(request, content) if content is not None else Response()

    return Route(path, endpoint, methods=[method])


def _admitted(instance: Instance, request: Request, content: bytes, answer: Answer) -> Any:
    client = instance.tokens.check(request, in_query=False)
    with instance.limits.admit(client.user):
        if not (client.may((USER_API,)) and client.may((USERS,))):
            raise _UserManagementError(403, "603", "Access denied")
        return answer(_Call(instance, request, _read_body(content)))


def _read_body(content: bytes) -> Any:
    try:
        return json.loads(content) if content else {}
    except ValueError:
        raise MarketoError("609") from None


def _refusal(request: Request, status: int, code: str, message: str) -> Response:
    """Codes are numbers in this API, and texts in all others (Adobe's API descriptions)."""
    return json_answer(request, {"errors": [{"code": int(code), "message": message}]}, status)


def _moment(seconds: float) -> str:
    """As the sample of one user has it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.000}t+0000"


def _compact(seconds: float) -> str:
    """As the samples of roles, workspaces and invitations have it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H:%M:%S.0}t+0000"


def _summary(call: _Call, user: User) -> dict[str, Any]:
    return {
        "userid": user.userid(is_ims=call.is_ims),
        "firstName": user.first_name,
        "lastName": user.last_name,
        "emailAddress": user.email,
        "id": user.number,
        "apiOnly": user.api_only,
    }


def _details(call: _Call, user: User) -> dict[str, Any]:
    return {
        **_summary(call, user),
        "optedIn": False,
        "failedLogins": 5 if user.is_locked else 0,
        "failedDeviceCode": 0,
        "isLocked": user.is_locked,
        "lockedReason": "Too many failed logins" if user.is_locked else None,
        "userRoleWorkspaces": _places(user),
        "expiresAt": None if user.expires is None else _moment(user.expires),
        "lastLoginAt": _moment(CREATED),
    }


def _places(user: User) -> list[dict[str, Any]]:
    return [
        {
            "accessRoleId": role,
            "accessRoleName": ROLES[role],
            "workspaceId": workspace,
            "workspaceName": WORKSPACES[workspace],
        }
        for role, workspace in user.places
    ]


def _all_users(call: _Call) -> list[dict[str, Any]]:
    size, start = (_whole(call.request, name, default) for name, default in (("pageSize", 20), ("pageOffset", 0)))
    found = call.instance.users.accepted()
    return [_summary(call, user) for user in found[start : start + min(size, LARGEST_PAGE)]]


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _roles(call: _Call) -> list[dict[str, Any]]:
    common = {"hidden": False, "onlyAllZones": False, "createdAt": _compact(CREATED), "updatedAt": _compact(CREATED)}
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            "type": "custom" if number >= _FIRST_CUSTOM_ROLE else "system",
            **common,
        }
        for number, name in call.instance.users.roles().items()
    ]


def _workspaces(_: _Call) -> list[dict[str, Any]]:
    times = {"createdAt": _compact(CREATED), "updatedAt": _compact(CREATED)}
    common = {"globalViz": 0, "status": "active", "currencyInfo": None, **times}
    return [{"id": number, "name": name, "description": name, **common} for number, name in WORKSPACES.items()]


def _invitation(call: _Call) -> dict[str, Any]:
    user = call.user(is_pending=True)
    invited = user.invited or 0
    return {
        "id": user.number,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "emailAddress": user.email,
        "userId": user.userid(is_ims=call.is_ims),
        "subscriptionId": _SUBSCRIPTION,
        "status": "pending",
        "expiresAt": _compact(invited + INVITATION_SECONDS),
        "createdAt": _compact(invited),
        "updatedAt": _compact(invited),
    }


def _invite(call: _Call) -> bool:
    """Invite somebody, who gets a mail; an API-only user needs no invitation."""
    given = call.body if isinstance(call.body, dict) else {}
    call.check_identity(is_api_only=given.get("apiOnly") is True)
    user = call.instance.users.invite(given)
    if user.invited is not None:
        _send_welcome(call, user.email)
    return True


def _send_welcome(call: _Call, email: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Marketo Login Information", "no-reply@marketo.example", email
    mail.set_content(_WELCOME)
    call.instance.world.mailbox.keep(mail.as_bytes(), [email])


def _update(call: _Call) -> dict[str, Any]:
    return _details(call, call.instance.users.update(call.editable_user(), call.body))


def _delete(call: _Call) -> None:
    call.instance.users.delete(call.editable_user())


def _delete_invitation(call: _Call) -> None:
    call.instance.users.delete(call.user(is_pending=True))


def _add_roles(call: _Call) -> list[dict[str, Any]]:
    return _places(call.instance.users.add_places(call.user(), read_places(call.body)))


def _delete_roles(call: _Call) -> list[dict[str, Any]]:
    return _places(call.instance.users.remove_places(call.user(), read_places(call.body)))
