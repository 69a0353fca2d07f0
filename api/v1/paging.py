"""Pages of lists by key: nothing comes twice or is left out, whatever is added meanwhile."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)
_LARGEST_KEY = 2**63 - 1


class PageParams(Schema):
    """Which part of a list is asked for."""

    limit: Annotated[int, Field(ge=1, le=200, description="The most items of a page.")] = 50
    cursor: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_-]{11}$", description="From the link `next` of the page before."),
    ] = None


class Page(Schema, Generic[Item]):
    """A part of a list. `next` is the address of the next part; null at the end."""

    items: list[Item]
    next: str | None


def page_of(
    request: HttpRequest,
    rows: QuerySet[Row],
    params: PageParams,
    as_items: Callable[[Sequence[Row]], Sequence[Any]],
    *,
    newest_first: bool = True,
) -> dict[str, Any]:
    """The page of `rows` by primary key that is asked for, each row as an item."""
    order, following = ("-pk", "pk__lt") if newest_first else ("pk", "pk__gt")
    if params.cursor:
        rows = rows.filter(**{following: _key(params.cursor)})
    found = list(rows.order_by(order)[: params.limit + 1])
    shown = found[: params.limit]
    is_last = len(found) <= params.limit
    return {"items": as_items(shown), "next": None if is_last else _next(request, shown[-1].pk)}


def _next(request: HttpRequest, key: int) -> str:
    query = request.GET.copy()
    query["cursor"] = _cursor(key)
    return f"{settings.SITE_URL}{request.path}?{urlencode(list(query.items()))}"


def _cursor(key: int) -> str:
    return urlsafe_b64encode(key.to_bytes(8)).decode().rstrip("=")


def _key(cursor: str) -> int:
    return min(int.from_bytes(urlsafe_b64decode(cursor + "=")), _LARGEST_KEY)
