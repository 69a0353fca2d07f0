"""The users of a Marketo instance: seeded ones, and what was done to them since."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sandbox.marketo.envelope import read_datetime
from sandbox.settings import API_USER, DEMO_USERS
from sandbox.switches import PARTITIONS, parts
from sandbox.world import World

ADMIN: Final = "Admin"
STANDARD: Final = "Standard User"
WORKSPACE_ADMIN: Final = "Workspace Admin"
MARKETER: Final = "Marketer"
API_ONLY: Final = "API Role"
OPERATIONS_ADMIN: Final = "Marketing Operations Admin"
API_ROLE: Final = 101
ROLES: Final = {1: ADMIN, 2: STANDARD, API_ROLE: API_ONLY, 102: WORKSPACE_ADMIN, 103: MARKETER, 104: OPERATIONS_ADMIN}
WORKSPACES: Final = {0: "AllZones", 1: "Default", 2: "EU", 3: "Asia"}
INVITATION_SECONDS: Final = 7 * 86_400
CREATED: Final = 1_551_690_000
"""When the seeded users came, as seconds since 1970."""

Place = tuple[int, int]
"""The ids of a role and of the workspace it holds in."""


@dataclass(frozen=True)
class User:
    """One user; ``invited`` is when somebody was invited who has not accepted yet. Times are seconds since 1970."""

    number: int
    first_name: str
    last_name: str
    email: str
    places: tuple[Place, ...]
    api_only: bool = False
    is_locked: bool = False
    invited: float | None = None
    expires: float | None = None
    login: str = ""

    def userid(self, *, is_ims: bool) -> str:
        """An address for a Marketo identity, a GUID for an Adobe one; neither changes with the address."""
        name = self.login or self.email
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper() if is_ims else name


_MARKETO_ADMIN, _SALESFORCE_ADMIN, _OPS = DEMO_USERS
_EVERYWHERE: Final = 0
_SEEDED: Final = (
    User(1, "Mia", "Holm", _MARKETO_ADMIN, ((1, _EVERYWHERE),)),
    User(2, "Maria", "Lind", "maria.lind@acme.example", ((1, _EVERYWHERE),)),
    User(3, "Jonas", "Berg", "jonas.berg@acme.example", ((1, _EVERYWHERE),)),
    User(4, "Sam", "Rivera", _SALESFORCE_ADMIN, ((2, _EVERYWHERE),)),
    User(5, "Olu", "Adeyemi", _OPS, ((2, _EVERYWHERE),)),
    User(6, "Elena", "Rossi", "elena.rossi@acme.example", ((2, _EVERYWHERE),)),
    User(7, "Sandbox", "API", API_USER, ((API_ROLE, _EVERYWHERE),), api_only=True),
    User(8, "Tom", "Clark", "tom.clark@acme.example", ((103, _EVERYWHERE),), is_locked=True),
    # Runs the EU workspace through a custom role, which no API tells from any other custom role.
    User(9, "Priya", "Patel", "priya.patel@acme.example", ((102, 2),)),
)
# Only while the switch ``other_admin_roles`` is on: an admin by another role, and an Admin of one workspace.
_OTHER_ADMINS: Final = (
    User(11, "Nadia", "Haddad", "nadia.haddad@acme.example", ((104, _EVERYWHERE),)),
    User(12, "Kenji", "Mori", "kenji.mori@acme.example", ((1, 3),)),
)
_SWITCHED: Final = frozenset(user.email for user in _OTHER_ADMINS)


class Users:
    """All users of the instance, by their number."""

    def __init__(self, world: World) -> None:
        self.world = world
        pending = User(10, "Lukas", "Meyer", "lukas.meyer@acme.example", ((2, _EVERYWHERE),), invited=world.started)
        self._users = {user.number: user for user in (*_SEEDED, pending, *_OTHER_ADMINS)}

    def accepted(self) -> list[User]:
        return [user for user in self._visible() if user.invited is None]

    def roles(self) -> dict[int, str]:
        """The names of all roles by id."""
        shown = self.world.switches.other_admin_roles
        return {number: name for number, name in ROLES.items() if shown or name != OPERATIONS_ADMIN}

    def _visible(self) -> list[User]:
        shown = self.world.switches.other_admin_roles
        users = [user for user in self._users.values() if shown or (user.login or user.email) not in _SWITCHED]
        return [self._in_its_workspaces(user) if user.email == API_USER else user for user in users]

    def _in_its_workspaces(self, user: User) -> User:
        """The API user has its role in the workspaces whose partitions it sees."""
        seen = parts(self.world.switches.api_partitions)
        if not seen or len(seen) == len(PARTITIONS):
            return user
        return replace(user, places=tuple((API_ROLE, number) for number, name in WORKSPACES.items() if name in seen))

    def find(self, userid: str, *, is_pending: bool) -> User | None:
        """The user, or the invited person, with this id; an invitation is forgotten after a week."""
        is_ims, oldest = self.world.switches.ims_users, self.world.clock.timestamp() - INVITATION_SECONDS
        for user in self._visible():
            if user.userid(is_ims=is_ims).lower() == userid.lower() and (user.invited is not None) == is_pending:
                return user if user.invited is None or user.invited > oldest else None
        return None

    def invite(self, given: Mapping[str, Any]) -> User:
        """Invite somebody. ValueError for an address that is taken, or a value that is missing or wrong."""
        email, first, last = (_text(given, name) for name in ("emailAddress", "firstName", "lastName"))
        login = str(given.get("userid") or email)
        if any(login.lower() in {user.email.lower(), user.login.lower()} for user in self._users.values()):
            raise ValueError(f"User {login} already exists")
        user = User(
            max(self._users, default=0) + 1,
            first,
            last,
            email,
            read_places(given.get("userRoleWorkspaces")),
            api_only=given.get("apiOnly") is True,
            invited=None if given.get("apiOnly") is True else self.world.clock.timestamp(),
            expires=_moment(given.get("expiresAt")),
            login=login,
        )
        return self._store(user)

    def update(self, user: User, given: Any) -> User:
        """Change name, address or end of a user. ValueError for anything else."""
        names = {"emailAddress": "email", "firstName": "first_name", "lastName": "last_name"}
        if not isinstance(given, dict) or not given or given.keys() - names.keys() - {"expiresAt"}:
            raise ValueError(f"Attributes that can be updated: {', '.join(names)}, expiresAt")
        values: dict[str, Any] = {names[name]: _text(given, name) for name in given if name in names}
        if "expiresAt" in given:
            values["expires"] = _moment(given["expiresAt"])
        return self._store(replace(user, login=user.login or user.email, **values))

    def add_places(self, user: User, places: tuple[Place, ...]) -> User:
        return self._store(replace(user, places=tuple(dict.fromkeys(user.places + places))))

    def remove_places(self, user: User, places: tuple[Place, ...]) -> User:
        """ValueError for a role that the user does not have, or when none would be left."""
        left = tuple(place for place in user.places if place not in places)
        if len(left) + len(set(places)) != len(user.places) or not left:
            raise ValueError("The user does not have these roles, or would have none left")
        return self._store(replace(user, places=left))

    def delete(self, user: User) -> None:
        del self._users[user.number]

    def _store(self, user: User) -> User:
        self._users[user.number] = user
        return user

    def dump(self) -> list[dict[str, Any]]:
        """All users as JSON's types, for ``load``."""
        return [asdict(user) for user in self._users.values()]

    def load(self, kept: list[dict[str, Any]]) -> None:
        users = (User(**values | {"places": tuple(map(tuple, values["places"]))}) for values in kept)
        self._users = {user.number: user for user in users}


def read_places(given: Any) -> tuple[Place, ...]:
    """Roles in workspaces, as a call names them. ValueError for unknown ones, and for none."""
    try:
        places = tuple((item["accessRoleId"], item["workspaceId"]) for item in given)
    except (KeyError, TypeError):
        raise ValueError("Roles are a list of objects with accessRoleId and workspaceId") from None
    if not places or any(role not in ROLES or workspace not in WORKSPACES for role, workspace in places):
        raise ValueError("Invalid accessRoleId or workspaceId")
    return places


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"Invalid or missing value for '{name}'")
    return value


def _moment(given: Any) -> float | None:
    """Seconds since 1970; Adobe writes a literal t before the zone. MarketoError 704 for anything else."""
    return None if given is None else read_datetime(str(given).replace("t+", "+").replace("t-", "-"))
