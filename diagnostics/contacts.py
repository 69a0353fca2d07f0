"""Whom to call about what others have to mend."""

from collections.abc import Iterable

from accounts.models import Member, SalesAccount
from accounts.permissions import Role
from problems.problem import SALESFORCE_ADMIN, Problem

NAMED = 3


def whom_to_call(account: SalesAccount, problem: Problem) -> list[str]:
    """Members who can mend it, or know who can, with their addresses; nobody where it is no admin's to mend."""
    if not problem.can_be_handed_on:
        return []
    first = Role.SALESFORCE_ADMIN if problem.who == SALESFORCE_ADMIN else Role.ADMIN
    members = Member.objects.for_account(account).filter(role__in=(first, Role.ADMIN), user__is_active=True)
    return names_of(sorted(members.select_related("user"), key=lambda member: member.role != first)[:NAMED])


def admins_of(account: SalesAccount) -> list[str]:
    """Some Admins of the account, who can mend most of it or know who can."""
    return names_of(Member.objects.admins_of(account).select_related("user").order_by("pk")[:NAMED])


def names_of(members: Iterable[Member]) -> list[str]:
    """Each with the address."""
    return [f"{one.user}, {one.user.email}" if one.user.name else one.user.email for one in members]
