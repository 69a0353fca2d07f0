"""Moments in questions: RFC 3339 and nothing else, where pydantic would take numbers and days, too."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _checked(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise ValueError("must be a moment such as 2026-11-29T06:00:00Z")


def _in_utc(moment: datetime) -> datetime:
    """PostgreSQL knows no zone that is a day away, and Python no year 0."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


Moment = Annotated[AwareDatetime, BeforeValidator(_checked), AfterValidator(_in_utc)]
