"""What is used of the allowances that both providers give for a day, for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import models
from django.db.models import Sum
from django.template.defaultfilters import floatformat
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import SalesAccount
from connections.marketo_share import MarketoShare
from connections.models import MarketoConnection, SalesforceConnection, Service
from pipeline.engine.budget import MarketoBudget, Spent, spent_of
from pipeline.engine.preview import Forecast


class AllowanceKind(models.TextChoices):
    """What a provider gives so much of for a day."""

    MARKETO_EXPORTS = "marketo_exports", _("Marketo exports today")
    MARKETO_CALLS = "marketo_calls", _("Marketo calls today")
    SALESFORCE_CALLS = "salesforce_calls", _("Salesforce calls today")


@dataclass(frozen=True)
class Allowance:
    """A day's allowance of something; the texts are the numbers with their unit."""

    kind: AllowanceKind
    used: int
    allowed: int
    used_text: str
    allowed_text: str
    # Of all tools together, not only of this console.
    is_of_all_tools: bool = False
    # What a sync that is about to start takes of it.
    planned: int = 0
    planned_text: str = ""

    @property
    def label(self) -> StrOrPromise:
        return _("Marketo calls of all tools today") if self.is_of_all_tools else self.kind.label

    @property
    def percent(self) -> int:
        """How much of it is used; whole percent, rounded down."""
        return self.used * 100 // self.allowed if self.allowed else 0


def budgets_with(account: SalesAccount, forecast: Forecast) -> list[Allowance]:
    """The account's allowances, each with what the forecast takes of it."""
    size = forecast.megabytes * 1_000_000
    planned = [
        (size, megabytes(size)),
        (forecast.marketo_calls, str(localize(forecast.marketo_calls))),
        (forecast.salesforce_calls, str(localize(forecast.salesforce_calls))),
    ]
    # An org whose allowance is not known yet has no line.
    pairs = zip(budgets_of(account), planned, strict=False)
    return [replace(one, planned=number, planned_text=text) for one, (number, text) in pairs]


def budgets_of(account: SalesAccount) -> list[Allowance]:
    """The account's allowances, as far as its connections tell: of exports, of Marketo's calls, of Salesforce's."""
    return [allowance for _account, allowance in allowances_of([account])]


def allowances_of(accounts: Sequence[SalesAccount]) -> list[tuple[SalesAccount, Allowance]]:
    """Those of all the accounts, with two queries and one question to Redis however many they are."""
    marketo = MarketoConnection.objects.filter(account__in=accounts).select_related("account__marketo_instance")
    budgets = {one.account: MarketoBudget(one.endpoint, _share_of(one.account)) for one in marketo}
    found = []
    for (account, budget), spent in zip(budgets.items(), spent_of(list(budgets.values())), strict=True):
        found += [(account, allowance) for allowance in _of_marketo(spent, budget.share)]
    orgs = SalesforceConnection.objects.filter(member=None, account__in=accounts, calls_per_day__gt=0)
    for org in orgs.select_related("account"):
        calls = _calls(AllowanceKind.SALESFORCE_CALLS, org.calls_used_today or 0, org.calls_per_day or 0)
        found.append((org.account, calls))
    return found


def _of_marketo(spent: Spent, share: MarketoShare) -> list[Allowance]:
    sizes = megabytes(spent.export_bytes), megabytes(share.own_export_bytes)
    # Of the two limits that stop a run the nearer one.
    of_all_tools = replace(_calls(AllowanceKind.MARKETO_CALLS, spent.calls, share.calls), is_of_all_tools=True)
    of_our_share = _calls(AllowanceKind.MARKETO_CALLS, spent.own_calls, share.own_calls)
    return [
        Allowance(AllowanceKind.MARKETO_EXPORTS, spent.export_bytes, share.own_export_bytes, *sizes),
        max(of_our_share, of_all_tools, key=lambda one: one.used / max(one.allowed, 1)),
    ]


def shares_used() -> dict[AllowanceKind, list[float]]:
    """Which part of each allowance every account has used, without naming them: for figures over all of them."""
    used: dict[AllowanceKind, list[float]] = {kind: [] for kind in AllowanceKind}
    for _account, allowance in allowances_of(list(SalesAccount.objects.all())):
        used[allowance.kind].append(allowance.used / max(allowance.allowed, 1))
    return used


def allowed_calls(accounts: Sequence[SalesAccount]) -> dict[Service, int]:
    """How many calls a day the accounts may make together, as far as it is known."""
    connections = MarketoConnection.objects.filter(account__in=accounts).select_related("account__marketo_instance")
    shares = [_share_of(one.account) or MarketoShare() for one in connections]
    orgs = SalesforceConnection.objects.filter(member=None, account__in=accounts)
    of_orgs = orgs.aggregate(calls=Sum("calls_per_day"))["calls"] or 0
    return {Service.MARKETO: sum(share.own_calls for share in shares), Service.SALESFORCE: of_orgs}


def _share_of(account: SalesAccount) -> MarketoShare | None:
    instance = getattr(account, "marketo_instance", None)
    return instance.share if instance else None


def _calls(kind: AllowanceKind, used: int, allowed: int) -> Allowance:
    return Allowance(kind, used, allowed, str(localize(used)), str(localize(allowed)))


def megabytes(size: float) -> str:
    """A number of bytes in Marketo's megabytes, which have a million of them."""
    return gettext("%(size)s MB") % {"size": floatformat(size / 1_000_000, -1)}
