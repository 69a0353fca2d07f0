"""What stands at the end of a link under the gear: how many, or how it stands."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Func, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from accounts.models import Member, SalesAccount, Team
from accounts.permissions import Permission
from connections.models import ApiFailure
from connections.services.health import Health, marketo_health, salesforce_health
from diagnostics.failures import shown_among


@dataclass(frozen=True)
class PageState:
    """A count or a mark; `label` is what it means, for those who only hear it."""

    label: StrOrPromise
    text: str = ""
    icon: str = ""
    tone: str = ""


def page_states(member: Member) -> dict[str, PageState]:
    """The states of the pages that this member may open, by URL name."""
    account = member.account
    users, teams, has_failures = _counts(account)
    states: dict[str, PageState | None] = {}
    if member.may(Permission.MANAGE_USERS):
        label = ngettext("%(n)s user", "%(n)s users", users) % {"n": users}
        states["members:users"] = PageState(label, text=str(users))
    if member.may(Permission.MANAGE_TEAMS):
        label = ngettext("%(n)s team", "%(n)s teams", teams) % {"n": teams}
        states["accounts:teams"] = PageState(label, text=str(teams))
    if member.may(Permission.CONNECT_SALESFORCE):
        states["connections:salesforce"] = _connection(salesforce_health(account))
    if member.may(Permission.CONNECT_MARKETO):
        states["connections:marketo"] = _connection(marketo_health(account))
    if member.may(Permission.READ_DIAGNOSTICS) and has_failures:
        states["diagnostics:diagnostics"] = PageState(_("Calls failed"), icon="alert-triangle", tone="warn")
    return {name: state for name, state in states.items() if state}


def _counts(account: SalesAccount) -> tuple[int, int, bool]:
    """How many users and teams there are, and whether calls fail; in one query, because every page shows it."""
    unsolved = shown_among(ApiFailure.objects.filter(account=OuterRef("pk"), solved_at=None))
    users, teams = _count(Member.objects.all()), _count(Team.objects.all())
    columns = SalesAccount.objects.values_list(users, teams, Exists(unsolved))
    counts: tuple[int, int, bool] = columns.get(pk=account.pk)
    return counts


def _count(rows: QuerySet[Any]) -> Func:
    """How many of them belong to the account of the query around it."""
    of_account = rows.filter(account=OuterRef("pk")).order_by().values("account")
    return Coalesce(of_account.values(count=Count("*")), 0)


def _connection(health: Health) -> PageState | None:
    if health.is_good:
        return PageState(_("Connected"), icon="check", tone="good")
    if health.problem:
        return PageState(_("Needs attention"), icon="alert-circle", tone="bad")
    return None
