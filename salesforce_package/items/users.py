"""Checks of what every user may do who will work with Sales Insight Actions."""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext_lazy as _

from salesforce_package.items.declaration import Evidence
from salesforce_package.org import Finding, Lacking, Org, State
from salesforce_package.rights import OrgUser

EVIDENCE: Evidence = {
    "nobody": _(
        "Members and invited people with a Salesforce user of the same address here: none of %(count)s. Invite the "
        "people who will work with Sales Insight, or let them connect to Salesforce, then check again."
    ),
}


def judge_users(org: Org, code: str, lacks: Callable[[OrgUser], Iterable[str]]) -> Finding:
    """Is there anything that a user lacks? `code` names a sentence with gaps for `able` and `count`."""
    users = org.rights.users
    if not users:
        return Finding(State.UNKNOWN, "nobody", {"count": len(org.expected.people)})
    found = [Lacking(user.name, user.profile, ", ".join(lacks(user))) for user in users]
    without = [user for user in found if user.lacks]
    values: dict[str, str | int] = {"able": len(users) - len(without), "count": len(users)}
    return Finding(State.MISSING if without else State.DONE, code, values, people=without)
