"""How fresh the copies are, against what was promised."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import SalesAccount
from api.scopes import Scope
from api.v1.answers import answers
from api.v1.auth import ApiRequest, Token, accounts_of
from api.v1.paging import Page, PageParams, page_of
from freshness.services import Freshness, freshness_of, month_of

router = Router(auth=Token(Scope.RUNS), tags=["freshness"])


class FreshnessOfMonth(Schema):
    """From a change in Marketo or Salesforce to the copy, over all changes of this month (UTC)."""

    account: str
    month: Annotated[datetime, Field(description="When it began.")]
    promised_seconds: Annotated[int, Field(description="Within which 95 of 100 changes are to arrive.")]
    changes: int
    late_changes: int
    p50_seconds: int | None
    p95_seconds: int | None
    p99_seconds: int | None
    budget_left_percent: Annotated[int, Field(description="Of the 5 in 100 changes that may be late.")]
    is_missed: Annotated[bool, Field(description="The promise cannot be kept any more this month.")]


@router.get("", response=answers(Page[FreshnessOfMonth]), operation_id="listFreshness", summary="Freshness")
def freshness(request: ApiRequest, page: Query[PageParams]) -> dict[str, Any]:
    """This month's promise of each account, and how it was kept so far; the oldest account first."""
    return page_of(request, accounts_of(request), page, _items, newest_first=False)


def _items(accounts: Sequence[SalesAccount]) -> list[dict[str, Any]]:
    month = month_of(timezone.now())
    return [_item(one, month) for one in freshness_of(accounts, month)]


def _item(one: Freshness, month: datetime) -> dict[str, Any]:
    return {
        "account": one.account.slug,
        "month": month,
        "promised_seconds": one.minutes * 60,
        "changes": one.changes,
        "late_changes": one.late,
        **{f"p{percent}_seconds": _seconds(one.within(percent)) for percent in (50, 95, 99)},
        "budget_left_percent": one.budget_left,
        "is_missed": one.is_missed,
    }


def _seconds(delay: timedelta | None) -> int | None:
    return None if delay is None else int(delay.total_seconds())
