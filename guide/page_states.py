"""What stands at the end of a link under the gear: how many, or how it stands."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from accounts.models import Member, SalesAccount, Team
from accounts.permissions import Permission
from connections.models import ApiFailure
from connections.services.health import Health, marketo_health, salesforce_health
from diagnostics.failures import SHOWN_FOR


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
    states: dict[str, PageState | None] = {}
    if member.may(Permission.MANAGE_USERS):
        states["members:users"] = _users(account)
    if member.may(Permission.MANAGE_TEAMS):
        states["accounts:teams"] = _teams(account)
    if member.may(Permission.CONNECT_SALESFORCE):
        states["connections:salesforce"] = _connection(salesforce_health(account))
    if member.may(Permission.CONNECT_MARKETO):
        states["connections:marketo"] = _connection(marketo_health(account))
    if member.may(Permission.READ_DIAGNOSTICS):
        states["diagnostics:diagnostics"] = _diagnostics(account)
    return {name: state for name, state in states.items() if state}


def _users(account: SalesAccount) -> PageState:
    count = Member.objects.for_account(account).count()
    return PageState(ngettext("%(n)s user", "%(n)s users", count) % {"n": count}, text=str(count))


def _teams(account: SalesAccount) -> PageState:
    count = Team.objects.for_account(account).count()
    return PageState(ngettext("%(n)s team", "%(n)s teams", count) % {"n": count}, text=str(count))


def _diagnostics(account: SalesAccount) -> PageState | None:
    recent = ApiFailure.objects.for_account(account).filter(last_seen_at__gte=timezone.now() - SHOWN_FOR)
    if not recent.filter(solved_at=None).exists():
        return None
    return PageState(_("Calls failed"), icon="alert-triangle", tone="warn")


def _connection(health: Health) -> PageState | None:
    if health.is_good:
        return PageState(_("Connected"), icon="check", tone="good")
    if health.problem:
        return PageState(_("Needs somebody"), icon="alert-circle", tone="bad")
    return None
