"""Salesforce users who own people of the copy, and cannot work on them because they have no user here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from accounts.models import Member, SalesAccount
from clients.http import ApiError
from clients.salesforce.addresses import real_address
from common.addresses import lookup_form
from connections.asking import asking
from connections.models import SalesforceConnection
from connections.services.call_recorder import record_problem
from connections.services.client_factory import salesforce_client
from invitations.models import Invitation
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from sync.models import Person

# In an account.
AT_A_TIME = 2
# Keeps a query far below the 16,384 characters that Salesforce takes in an address.
IDS_PER_QUERY = 200
USER_ID = re.compile(r"005[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")


@dataclass(frozen=True)
class OwnerGap:
    """An owner without a user here, and for how many people of the copy they are the owner."""

    owner_id: str
    name: str
    email: str
    is_active: bool
    people: int
    is_invited: bool

    @property
    def can_be_invited(self) -> bool:
        return self.is_active and not self.is_invited and bool(self.email)


def owner_gaps(account: SalesAccount) -> list[OwnerGap]:
    """Those with the most people first. Raises ConnectionProblem when Salesforce does not tell who the owners are."""
    people = _people_by_owner(account)
    members = set(Member.objects.for_account(account).values_list("user__email", flat=True))
    invited = set(Invitation.objects.for_account(account).open().values_list("email", flat=True))
    gaps = [
        OwnerGap(user["Id"], user["Name"] or "", email, user["IsActive"], people[user["Id"]], email in invited)
        for user in _salesforce_users(account, list(people))
        if (email := lookup_form(real_address(user["Email"] or ""))) not in members
    ]
    return sorted(gaps, key=lambda gap: (-gap.people, gap.name))


def _people_by_owner(account: SalesAccount) -> dict[str, int]:
    owners = Person.objects.for_account(account).live().values("owner_id").annotate(people=Count("marketo_id"))
    return {row["owner_id"]: row["people"] for row in owners if USER_ID.fullmatch(row["owner_id"])}


def _salesforce_users(account: SalesAccount, ids: list[str]) -> list[dict[str, Any]]:
    connection = SalesforceConnection.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_CONNECTED)
    try:
        with asking("owners", account.pk, places=AT_A_TIME):
            return list(_query_users(connection, ids))
    except ApiError as error:
        record_problem(connection, error)
        raise ConnectionProblem(problem_code(error)) from None


def _query_users(connection: SalesforceConnection, ids: list[str]) -> Iterator[dict[str, Any]]:
    client = salesforce_client(connection)
    for start in range(0, len(ids), IDS_PER_QUERY):
        quoted = ", ".join(f"'{user_id}'" for user_id in ids[start : start + IDS_PER_QUERY])
        yield from client.query(f"SELECT Id, Name, Email, IsActive FROM User WHERE Id IN ({quoted})")  # noqa: S608
