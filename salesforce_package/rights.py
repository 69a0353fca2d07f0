"""What the people who work with Sales Insight may do in the org, by profile, permission sets and groups of these."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clients.http import AccessDenied
from clients.salesforce.addresses import SANDBOX_ENDING, real_address
from clients.salesforce.client import SalesforceClient
from clients.salesforce.errors import SERVICE
from clients.salesforce.soql import batches, literals
from clients.values import as_text, flag, required
from common.addresses import lookup_form


@dataclass(frozen=True)
class Person:
    """A member or somebody with an open invitation; `user_id` is known of those who connected to the org themselves."""

    name: str
    email: str
    user_id: str = ""


@dataclass(frozen=True)
class OrgUser:
    """An active Salesforce user; `name` is what the console calls the person."""

    id: str
    name: str
    profile_id: str
    profile: str


class Rights:
    """
    The Salesforce users of some people, and what they may do: a few queries, however many people there are.

    A hidden permission set stands for each profile, and for each group of permission sets one that holds what its
    members give and the group does not mute (Object Reference, "PermissionSet"): so both are read like any other. One
    that holds only in sessions that activate it is left out. All of it needs View Setup and Configuration.
    """

    def __init__(self, client: SalesforceClient, people: Sequence[Person]) -> None:
        self._client, self._people = client, people

    @cached_property
    def users(self) -> list[OrgUser]:
        """
        Found by the id of their own connection, otherwise by their address: all who have it, for nobody can tell as
        which of them somebody works.
        """
        rows = list(self._read_users())
        by_id = {_text(row["Id"]): row for row in rows}
        by_address = defaultdict[str, list[dict[str, Any]]](list)
        for row in by_id.values():
            by_address[lookup_form(real_address(_text(row["Email"])))].append(row)
        found: dict[str, OrgUser] = {}
        for person in self._people:
            own = [by_id[person.user_id]] if person.user_id in by_id else by_address[lookup_form(person.email)]
            found |= {row["Id"]: _org_user(person, row) for row in own}
        return list(found.values())

    def _read_users(self) -> Iterator[dict[str, Any]]:
        addresses = {person.email for person in self._people}
        wanted = {
            "Id": {person.user_id for person in self._people if person.user_id},
            "Email": addresses | {f"{address}{SANDBOX_ENDING}" for address in addresses},
        }
        for column, values in wanted.items():
            for batch in batches(values):
                yield from self._client.query(
                    "SELECT Id, Email, ProfileId, Profile.Name FROM User WHERE IsActive = true "  # noqa: S608
                    f"AND UserType = 'Standard' AND {column} IN ({literals(batch)})"
                )

    @cached_property
    def _assignments(self) -> list[dict[str, Any]]:
        return [
            row
            for batch in batches(user.id for user in self.users)
            for row in self._client.query(
                "SELECT AssigneeId, PermissionSetId, PermissionSet.PermissionsApiEnabled FROM PermissionSetAssignment "  # noqa: S608
                "WHERE IsActive = true AND PermissionSet.HasActivationRequired = false "
                f"AND AssigneeId IN ({literals(batch)})"
            )
        ]

    @cached_property
    def held(self) -> dict[str, set[str]]:
        """
        The ids of the permission sets that each user holds, by user id. Raises AccessDenied where somebody seems to
        hold none: everybody has that of their profile, so the connected user is not shown all.
        """
        found = defaultdict[str, set[str]](set)
        for row in self._assignments:
            found[_text(row["AssigneeId"])].add(_text(row["PermissionSetId"]))
        if any(user.id not in found for user in self.users):
            raise AccessDenied(SERVICE, "no_assignments")
        return dict(found)

    def may_call_api(self, user: OrgUser) -> bool:
        """API Enabled, by whatever gives it."""
        sets = {
            _text(row["PermissionSetId"])
            for row in self._assignments
            if required(flag(row["PermissionSet"]["PermissionsApiEnabled"]))
        }
        return bool(sets & self.held[user.id])

    def readable(self, sobjects: Collection[str]) -> dict[str, set[str]]:
        """Which of the objects each user may read, by user id."""
        condition = f"PermissionsRead = true AND SobjectType IN ({literals(sobjects)})"
        return self._by_user("ObjectPermissions", "SobjectType", condition)

    def editable(self, fields: Collection[str]) -> dict[str, set[str]]:
        """Which of the fields, such as Task.Type, each user may see and edit, by user id."""
        condition = f"PermissionsRead = true AND PermissionsEdit = true AND Field IN ({literals(fields)})"
        return self._by_user("FieldPermissions", "Field", condition)

    def _by_user(self, sobject: str, column: str, condition: str) -> dict[str, set[str]]:
        granted = defaultdict[str, set[str]](set)
        for batch in batches(held for sets in self.held.values() for held in sets):
            soql = f"SELECT ParentId, {column} FROM {sobject} WHERE {condition} AND ParentId IN ({literals(batch)})"  # noqa: S608
            for row in self._client.query(soql):
                granted[_text(row["ParentId"])].add(_text(row[column]))
        return {user: _union(granted[held] for held in sets) for user, sets in self.held.items()}


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)


def _org_user(person: Person, row: dict[str, Any]) -> OrgUser:
    return OrgUser(_text(row["Id"]), person.name, _text(row["ProfileId"]), _text(row["Profile"]["Name"]))


def _text(value: object) -> str:
    """Raises ValueError for what is no text."""
    return required(as_text(value))
