"""
Small converters for the values of an answer: each takes whatever JSON holds, and answers None for what it cannot read.

Neither provider promises the types of all its values: Adobe's swagger gives the `value` of an activity's attribute
none, and recorded answers hold numbers as text, lists where older ones had text, and times with and without a zone.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

_log = structlog.get_logger(__name__)

# What a bigint column holds, with a margin.
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
# And an integer column.
_MOST = 2**31 - 1
LONGEST_NAME = 255
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def warn_unreadable(what: str, value: object, **where: object) -> None:
    """Note that a value of an answer is left out: its type and where it stood, never itself, which may be personal."""
    _log.warning("value_unreadable", what=what, type=type(value).__name__, **where)


def objects(what: str, value: object, **where: object) -> list[dict[str, Any]]:
    """The objects of a list, for which null may stand; anything else is left out with a warning."""
    items = [] if value is None else value
    if not isinstance(items, list):
        warn_unreadable(what, value, **where)
        return []
    for item in items:
        if not isinstance(item, dict):
            warn_unreadable(what, item, **where)
    return [item for item in items if isinstance(item, dict)]


def all_readable(what: str, records: object, read: Callable[[dict[str, Any]], T | None]) -> list[T]:
    """
    What `read` makes of the objects of a list; those of which it makes None are left out with a warning.

    Raises ValueError when something came of which nothing can be read.
    """
    found = [(record, read(record)) for record in objects(what, records)]
    for record, result in found:
        if result is None:
            warn_unreadable(what, record)
    kept = [result for _record, result in found if result is not None]
    if not kept and records != []:
        raise ValueError(f"no {what} can be read")
    return kept


def required(value: T | None) -> T:
    """The value that a converter has read, where nothing can go on without it; raises ValueError when it has not."""
    if value is None:
        raise ValueError("a value is missing or unreadable")
    return value


def as_text(value: object) -> str | None:
    """A value as text; None for null, a list and an object."""
    if value is None or isinstance(value, list | dict):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def storable(text: str) -> str:
    """Without what no column of a database holds: NUL, and halves of letters, both of which JSON lets through."""
    return text.replace("\0", "").encode(errors="replace").decode()


def short_text(value: object) -> str:
    """A name or a key as columns hold it."""
    return storable(as_text(value) or "")[:LONGEST_NAME]


def whole_number(value: object) -> int | None:
    """A number from 0 on, such as an id or a count, perhaps written as text."""
    found = _NUMBER.fullmatch((as_text(value) or "").strip())
    return int(found[0]) if found else None


def count(value: object) -> int | None:
    """How many of something a provider says it has; what no column of a count holds is none."""
    number = whole_number(value)
    return number if number is not None and number <= _MOST else None


def whole_numbers(value: object) -> tuple[set[int], bool]:
    """The numbers of a list, of a text such as "5, 6" or "[5,6]", or a single one; and whether that was all of it."""
    items = value.strip().removeprefix("[").removesuffix("]").split(",") if isinstance(value, str) else value
    items = items if isinstance(items, list) else [items]
    numbers = [whole_number(item.strip(" \"'") if isinstance(item, str) else item) for item in items]
    return {number for number in numbers if number is not None}, bool(numbers) and None not in numbers


def flag(value: object) -> bool | None:
    """True or false, perhaps written as text or as 1 or 0."""
    return _FLAGS.get((as_text(value) or "").strip().lower())


def moment(value: object) -> datetime | None:
    """A time in UTC, which is meant where no zone is written. Marketo's asset API writes 2014-11-13T15:21:36Z+0000."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip().replace("Z+", "+"))
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
