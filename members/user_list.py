"""The one list of User Management: members, and invitations that nobody has accepted; searched, sorted, in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower, NullIf
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, SalesAccount, Team
from accounts.permissions import Role
from common.address_fields import contains_spelling, trouble_with
from common.addresses import mended_form
from common.paging import is_key
from invitations.models import Invitation

ROWS_PER_PAGE = 35
ACTIVE = "active"
STATES = [(ACTIVE, _("Active")), *(state for state in Invitation.State.choices if state[0] != "accepted")]


def _sortable(moment: str) -> Func:
    """A time as text that sorts as the time does, so that all sort keys have one type."""
    return Func(F(moment), Value("YYYYMMDDHH24MISSUS"), function="to_char", output_field=TextField())


NOTHING = Value("", output_field=TextField())
# Column: its sort key for members and for invitations.
SORT_KEYS = {
    "name": (
        Lower(Coalesce(NullIf("user__name", Value("")), "user__email")),
        Lower(Coalesce(NullIf("name", Value("")), "email")),
    ),
    "role": (F("role"), F("role")),
    "seen": (Coalesce(_sortable("user__last_login"), NOTHING), NOTHING),
    "since": (_sortable("joined_at"), _sortable("created_at")),
}


@dataclass(frozen=True)
class PersonRow:
    """A line of the table: a member, or an invitation that nobody has accepted. `key` names it among both."""

    key: str
    name: str
    email: str
    role: Role
    teams: list[Team]
    state: str
    since: datetime
    member: Member | None = None
    invitation: Invitation | None = None

    @property
    def state_label(self) -> str:
        return str(dict(STATES)[self.state])

    @property
    def initials(self) -> str:
        """Up to two letters for the face."""
        words = (self.name or self.email).replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def trouble(self) -> str:
        """Why the address is of no use, as a sentence with what to do; empty when it is."""
        return trouble_with(self.email)

    @property
    def mended_email(self) -> str:
        """What is likely meant by an address of no use."""
        return mended_form(self.email)

    @property
    def can_change(self) -> bool:
        """False for what is over: a revoked invitation."""
        return self.state != Invitation.State.REVOKED


@dataclass(frozen=True)
class Sorting:
    """A column of SORT_KEYS and the direction; as text "name", or "-name" for the last first."""

    column: str
    is_descending: bool

    @classmethod
    def read(cls, text: str) -> "Sorting":
        """By name when the text names no column."""
        column = text.removeprefix("-")
        return cls(column, text.startswith("-")) if column in SORT_KEYS else cls("name", is_descending=False)

    @property
    def reversed(self) -> "Sorting":
        return Sorting(self.column, not self.is_descending)

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_descending else self.column


def people_pages(account: SalesAccount, wanted: Mapping[str, Any], sorting: Sorting) -> Paginator[tuple[str, str]]:
    """The pages of everybody, as sort key and row key; `wanted` may hold q, state, role and team."""
    for_members, for_invitations = SORT_KEYS[sorting.column]
    members = _keys(_members(account, wanted), "m", for_members)
    invitations = _keys(_invitations(account, wanted), "i", for_invitations)
    order = [f"{'-' if sorting.is_descending else ''}{column}" for column in ("sort_key", "row_key")]
    return Paginator(members.union(invitations, all=True).order_by(*order), ROWS_PER_PAGE)


def rows_of(account: SalesAccount, keys: list[str]) -> list[PersonRow]:
    """The rows with these keys, in their order; keys of other accounts and of nobody are left out."""
    numbers = {kind: [key[1:] for key in keys if key[:1] == kind and is_key(key[1:])] for kind in ("m", "i")}
    members = Member.objects.for_account(account).for_display().filter(pk__in=numbers["m"])
    invitations = Invitation.objects.for_account(account).for_display().filter(pk__in=numbers["i"], accepted_at=None)
    rows = {row.key: row for row in [*map(_member_row, members), *map(_invitation_row, invitations)]}
    return [rows[key] for key in dict.fromkeys(keys) if key in rows]


def _members(account: SalesAccount, wanted: Mapping[str, Any]) -> QuerySet[Member]:
    members = Member.objects.for_account(account)
    if wanted.get("state") and wanted["state"] != ACTIVE:
        return members.none()
    if text := wanted.get("q"):
        members = members.filter(contains_spelling("user__email", text) | contains_spelling("user__name", text))
    return members.filter(**_role_and_team(wanted))


def _invitations(account: SalesAccount, wanted: Mapping[str, Any]) -> QuerySet[Invitation]:
    invitations = Invitation.objects.for_account(account)
    state = wanted.get("state")
    if state == ACTIVE:
        return invitations.none()
    invitations = invitations.in_state(Invitation.State(state)) if state else invitations.undecided()
    if text := wanted.get("q"):
        invitations = invitations.filter(contains_spelling("email", text) | contains_spelling("name", text))
    return invitations.filter(**_role_and_team(wanted))


def _role_and_team(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {column: wanted[name] for name, column in (("role", "role"), ("team", "teams")) if wanted.get(name)}


def _keys(rows: QuerySet[Any], kind: str, sort_key: Any) -> QuerySet[Any, tuple[str, str]]:
    row_key = Concat(Value(kind), Cast("pk", TextField()), output_field=TextField())
    keyed = rows.annotate(sort_key=Cast(sort_key, TextField()), row_key=row_key).order_by()
    keys: QuerySet[Any, tuple[str, str]] = keyed.values_list("sort_key", "row_key")
    return keys


def _member_row(member: Member) -> PersonRow:
    return PersonRow(
        key=f"m{member.pk}",
        name=member.user.name,
        email=member.user.email,
        role=Role(member.role),
        teams=list(member.teams.all()),
        state=ACTIVE,
        since=member.joined_at,
        member=member,
    )


def _invitation_row(invitation: Invitation) -> PersonRow:
    return PersonRow(
        key=f"i{invitation.pk}",
        name=invitation.name,
        email=invitation.email,
        role=Role(invitation.role),
        teams=list(invitation.teams.all()),
        state=invitation.state,
        since=invitation.created_at,
        invitation=invitation,
    )
