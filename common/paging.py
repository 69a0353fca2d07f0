"""Pages of long lists by key: the millionth costs what the first costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class KeysetPage:
    """Rows by descending key; `newer` and `older` are the values of the links' parameters `after` and `before`."""

    rows: Sequence[Any]
    newer: int | None
    older: int | None

    @property
    def is_only(self) -> bool:
        """Nothing stands on another page."""
        return self.newer is None and self.older is None


def keyset_page(rows: QuerySet[Any], key: str, params: Mapping[str, str]) -> KeysetPage:
    """The page that `before` or `after` asks for, otherwise the first; `key` is a unique whole number of the rows."""
    before, after = _number(params.get("before")), _number(params.get("after"))
    if after is not None:
        found = list(rows.filter(**{f"{key}__gt": after}).order_by(key)[: PAGE_SIZE + 1])
        shown, has_older, has_newer = found[:PAGE_SIZE][::-1], True, len(found) > PAGE_SIZE
    else:
        wanted = rows if before is None else rows.filter(**{f"{key}__lt": before})
        found = list(wanted.order_by(f"-{key}")[: PAGE_SIZE + 1])
        shown, has_older, has_newer = found[:PAGE_SIZE], len(found) > PAGE_SIZE, before is not None
    if not shown:
        return KeysetPage([], None, None)
    newest, oldest = getattr(shown[0], key), getattr(shown[-1], key)
    return KeysetPage(shown, newest if has_newer else None, oldest if has_older else None)


def is_key(text: str) -> bool:
    """May this text of an address or a form be the key of a row? What is longer was typed, and is no number of ours."""
    return text.isascii() and text.isdecimal() and len(text) < 19


def _number(text: str | None) -> int | None:
    return int(text) if text and is_key(text) else None
