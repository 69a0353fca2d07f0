"""Calls to Marketo and Salesforce that failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field

from api.scopes import Scope
from api.v1.answers import ChosenSlug, Explained, answers
from api.v1.auth import ApiRequest, Token, account_of, accounts_of
from api.v1.paging import Page, PageParams, page_of
from connections.models import ApiFailure, Service
from diagnostics.failures import shown_failures
from diagnostics.messages import diagnosis_of

router = Router(auth=Token(Scope.FAILED_CALLS), tags=["failed calls"])


class FailedCall(Explained):
    """Calls that failed in one way, counted."""

    failed_call: int
    account: str
    service: Service
    operation: Annotated[str, Field(description="The path that was called, without ids.")]
    code: Annotated[str, Field(description="The provider's, or ours for what never reached it.")]
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    solved_at: Annotated[datetime | None, Field(description="When the same call succeeded again by hand.")]


class FailedCallFilter(PageParams):
    """Which failed calls are asked for."""

    account: ChosenSlug = None
    service: Service | None = None


@router.get("", response=answers(Page[FailedCall]), operation_id="listFailedCalls", summary="Failed calls")
def failed_calls(request: ApiRequest, chosen: Query[FailedCallFilter]) -> dict[str, Any]:
    """The failed calls of the last 30 days, the newest kind first."""
    accounts = [account_of(request, chosen.account)] if chosen.account else accounts_of(request)
    found = shown_failures(accounts)
    if chosen.service:
        found = found.filter(service=chosen.service)
    return page_of(request, found.select_related("account"), chosen, _items)


def _items(rows: Sequence[ApiFailure]) -> list[dict[str, Any]]:
    return [_item(row) for row in rows]


def _item(row: ApiFailure) -> dict[str, Any]:
    same = ("service", "operation", "code", "count", "first_seen_at", "last_seen_at", "solved_at")
    cause = diagnosis_of(row.service, row.code, row.problem)
    return {
        **{name: getattr(row, name) for name in same},
        "failed_call": row.pk,
        "account": row.account.slug,
        "what": str(cause.what),
        "todo": str(cause.todo),
        "who": str(cause.who),
    }
