"""Whom to call about a run that others have to mend."""

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
    found = sorted(members.select_related("user"), key=lambda member: member.role != first)[:NAMED]
    return [f"{member.user}, {member.user.email}" if member.user.name else member.user.email for member in found]
