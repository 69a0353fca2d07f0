"""What goes on that needs somebody."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from django.conf import settings
from django.db.models import QuerySet
from ninja import Query, Router
from pydantic import Field

from accounts.models import Occurrence
from accounts.occurrences import path_for
from api.models import ApiToken
from api.scopes import Scope
from api.v1.answers import ChosenSlug, Explained, answers
from api.v1.auth import ApiRequest, Token, account_of, is_of_accounts
from api.v1.paging import Page, PageParams, page_of
from common.events import all_events, find_event, worded
from diagnostics.needs import is_for

router = Router(auth=Token(Scope.RUNS), tags=["problems"])


class GoingOn(Explained):
    """Something that began and is not over."""

    problem: Annotated[int, Field(description="Its number; the same as long as it goes on.")]
    account: Annotated[str | None, Field(description="Null for what concerns the operator of the console.")]
    event: Annotated[str, Field(description="What it is, such as sync.run_failed; webhooks name it so, too.")]
    subject: Annotated[str | None, Field(description="Which of that kind, such as the number of a run.")]
    is_urgent: bool
    began_at: datetime
    url: Annotated[str, Field(description="The page of the console that shows it.")]


class ProblemFilter(PageParams):
    """Which problems are asked for."""

    account: ChosenSlug = None
    is_urgent: bool | None = None


@router.get("", response=answers(Page[GoingOn]), operation_id="listProblems", summary="What needs somebody")
def problems(request: ApiRequest, chosen: Query[ProblemFilter]) -> dict[str, Any]:
    """What goes on of the token's accounts, and for ops staff of the console itself; the newest first."""
    told = [event for event in all_events() if is_for(event, request.auth.member)]
    known = [event for event in told if chosen.is_urgent in (None, event.is_urgent)]
    found = _of_accounts(request, chosen).filter(event__in=[event.key for event in known])
    return page_of(request, found.select_related("account"), chosen, partial(_items, request.auth))


def _of_accounts(request: ApiRequest, chosen: ProblemFilter) -> QuerySet[Occurrence]:
    going_on = Occurrence.objects.going_on()
    if chosen.account:
        return going_on.for_account(account_of(request, chosen.account))
    return going_on.filter(is_of_accounts(request))


def _items(token: ApiToken, rows: Sequence[Occurrence]) -> list[dict[str, Any]]:
    return [item for row in rows if (item := _item(row, token))]


def _item(row: Occurrence, token: ApiToken) -> dict[str, Any] | None:
    event = find_event(row.event)
    assert event  # noqa: S101 (others are not asked for)
    message = worded(event, row.details)
    if message is None:
        return None
    return {
        "problem": row.pk,
        "account": row.account.slug if row.account else None,
        "event": row.event,
        "subject": row.subject or None,
        "is_urgent": event.is_urgent,
        "what": message.what,
        "todo": message.todo,
        "who": message.who,
        "began_at": row.began_at,
        "url": settings.SITE_URL + path_for(row, token.owner, token.member),
    }
