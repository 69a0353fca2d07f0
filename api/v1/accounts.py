"""Sales accounts: where each stands, and how far its copy is behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import SalesAccount
from api.scopes import Scope
from api.v1.answers import Slug, answers
from api.v1.auth import ApiRequest, Token, account_of, accounts_of
from api.v1.paging import Page, PageParams, page_of
from operations.backlog import backlog_of
from operations.fleet import Fleet, Line, Standing

router = Router(auth=Token(Scope.RUNS), tags=["accounts"])
MINUTE = timedelta(minutes=1)


class Account(Schema):
    """A Sales account as Sync operations shows it."""

    account: Annotated[str, Field(description="Its short name, by which other answers name it.")]
    name: str
    state: Standing
    complete_until: Annotated[
        datetime | None,
        Field(description="Every change before it is in the copy; null before the first sync."),
    ]
    lag_seconds: Annotated[int | None, Field(description="The time since then, in whole minutes.")]
    changes_24h: Annotated[int, Field(description="People read for changes in the last 24 hours.")]
    current_run: int | None
    last_run: int | None
    interval_seconds: Annotated[int | None, Field(description="Between two runs; null while none begins by itself.")]


class Backlog(Schema):
    """How many changes runs find, and how far the one that works now has come."""

    is_late: bool
    usual_changes: Annotated[int, Field(description="Of the last runs, on average.")]
    most_changes: int
    current_changes: Annotated[int, Field(description="What the run that works now has found so far.")]


class AccountWithBacklog(Account):
    """One account."""

    backlog: Annotated[Backlog | None, Field(description="Null before the first sync has ended.")]


@router.get("", response=answers(Page[Account]), operation_id="listAccounts", summary="Sales accounts")
def accounts(request: ApiRequest, page: Query[PageParams]) -> dict[str, Any]:
    """The Sales accounts that the token may read, the oldest first."""
    return page_of(request, accounts_of(request), page, _items, newest_first=False)


@router.get(
    "/{slug:account}", response=answers(AccountWithBacklog), operation_id="getAccount", summary="One Sales account"
)
def account(request: ApiRequest, account: Slug) -> dict[str, Any]:
    """One Sales account with its backlog."""
    found = account_of(request, account)
    [item] = _items([found])
    return {**item, "backlog": _backlog(found)}


def _items(accounts: Sequence[SalesAccount]) -> list[dict[str, Any]]:
    lines = {line.account.pk: line for line in Fleet(accounts).lines}
    return [_item(lines[account.pk]) for account in accounts]


def _item(line: Line) -> dict[str, Any]:
    return {
        "account": line.account.slug,
        "name": line.account.name,
        "state": line.standing,
        "complete_until": line.complete_until,
        # Of whole minutes, so that an answer in which nothing happened is the same for a minute.
        "lag_seconds": (timezone.now() - line.complete_until) // MINUTE * 60 if line.complete_until else None,
        "changes_24h": line.total,
        "current_run": line.current.pk if line.current else None,
        "last_run": line.last.pk if line.last else None,
        "interval_seconds": int(line.rhythm.total_seconds()) if line.rhythm else None,
    }


def _backlog(account: SalesAccount) -> dict[str, Any] | None:
    backlog = backlog_of(account)
    if backlog is None:
        return None
    return {
        "is_late": backlog.is_late,
        "usual_changes": backlog.usual,
        "most_changes": backlog.most,
        "current_changes": backlog.found,
    }
