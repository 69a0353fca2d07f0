"""What can be seen of the day's allowances, for those who must act: it begins here, or is over."""

from django.urls import reverse

from accounts.models import SalesAccount
from accounts.occurrences import begin, end_all_but
from pipeline.allowances import Allowance, allowances_of
from pipeline.events import ALLOWANCE_LOW

LOW_PERCENT = 80
Subjects = set[tuple[int, str]]


def watch_allowances() -> None:
    """Tell of allowances of the day that are nearly used up."""
    end_all_but(ALLOWANCE_LOW, _low_allowances)


def _low_allowances() -> Subjects:
    low: Subjects = set()
    accounts = SalesAccount.objects.filter(sync_cursors__isnull=False).distinct()
    for account, allowance in allowances_of(list(accounts)):
        if allowance.percent >= LOW_PERCENT:
            low.add((account.pk, allowance.kind.value))
            _tell_of_allowance(account, allowance)
    return low


def _tell_of_allowance(account: SalesAccount, allowance: Allowance) -> None:
    begin(
        ALLOWANCE_LOW,
        account=account,
        subject=allowance.kind,
        link=reverse("operations:runs"),
        percent=allowance.percent,
        allowance=allowance.kind.value,
    )
