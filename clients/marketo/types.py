"""What the Marketo client answers with."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

from clients.values import (
    as_text,
    count,
    flag,
    moment,
    objects,
    short_text,
    storable,
    warn_unreadable,
    whole_number,
    whole_numbers,
)

# An array of numbers in recorded answers (airbytehq/airbyte, source-marketo); Adobe's swagger gives values no type.
MERGE_IDS = "Merge IDs"
# One of another kind could not be held against the file.
_CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)
# Where Marketo's days end at midnight, in summer and in winter (Adobe, "Marketo Integration Best Practices").
CENTRAL = ZoneInfo("America/Chicago")


def calls_of_today(day: dict[str, Any]) -> int:
    """
    How many calls Marketo has counted, by its answer about a day; 0 where it says none, and of a day that is over:
    whoever took yesterday's calls for today's would wait until tomorrow.
    """
    calls, told_of = count(day.get("total")), moment(day.get("date"))
    if calls is None:
        warn_unreadable("usage", day.get("total"))
    is_over = told_of is not None and told_of.date() < datetime.now(CENTRAL).date()
    return 0 if is_over else calls or 0


class TokenCache(Protocol):
    """Keeps the access token of one Marketo connection; shared by workers, so that they share one token too."""

    def get(self) -> str | None: ...

    def set(self, token: str, seconds: int) -> None:
        """Keep the token for this many seconds."""

    def clear(self) -> None: ...


@dataclass(frozen=True)
class LeadField:
    """A field of a person that REST can read."""

    name: str
    display_name: str
    data_type: str
    length: int | None
    is_read_only: bool

    @classmethod
    def from_answer(cls, record: dict[str, Any]) -> Self | None:
        """None for a field without a name, which nobody could ask for."""
        rest = record["rest"]
        name = as_text(rest.get("name")) if isinstance(rest, dict) else None
        if not name:
            return None
        return cls(
            name=name,
            display_name=as_text(record.get("displayName")) or name,
            data_type=as_text(record.get("dataType")) or "",
            length=whole_number(record.get("length")),
            is_read_only=flag(rest.get("readOnly")) is True,
        )


@dataclass(frozen=True)
class MarketoUser:
    """A person who can log in to Marketo. `user_id` is the key; it is no email address where Adobe signs people in."""

    user_id: str
    email: str
    first_name: str
    last_name: str

    @classmethod
    def from_answer(cls, record: dict[str, Any]) -> Self:
        return cls(
            user_id=short_text(record["userid"]),
            # Not cut: that of somebody else might be left.
            email=storable(str(record["emailAddress"])),
            first_name=short_text(record.get("firstName")),
            last_name=short_text(record.get("lastName")),
        )


@dataclass(frozen=True)
class Workspace:
    """A part of a Marketo instance with assets of its own; an instance without workspaces has one, Default."""

    workspace_id: int
    name: str


@dataclass(frozen=True)
class StaticList:
    """A static list of people; names repeat between workspaces, and between programs."""

    list_id: int
    name: str
    program: str = ""


class ExportStatus(StrEnum):
    """The states of a bulk extract job, as Marketo spells them."""

    CREATED = "Created"
    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # Adobe's list of values spells it with one l, its answers with two.
        spelt = str(value).lower().replace("canceled", "cancelled")
        return next((state for state in cls if state.lower() == spelt), None)

    @classmethod
    def of(cls, value: object) -> Self:
        """A state that is not known counts as one that goes on: whoever waits for its end has a deadline."""
        try:
            return cls(str(value))
        except ValueError:
            warn_unreadable("status", value, known=False)
            return cls("Processing")


@dataclass(frozen=True)
class Export:
    """A bulk extract job. `rows`, `size` (bytes) and `checksum` (sha256, lower-case hex) are known once completed."""

    export_id: str
    status: ExportStatus
    rows: int | None
    size: int | None
    checksum: str | None
    error: str

    @classmethod
    def from_answer(cls, record: dict[str, Any]) -> Self:
        promised = record.get("fileChecksum")
        checksum = _CHECKSUM.fullmatch(as_text(promised) or "")
        if promised and not checksum:
            warn_unreadable("fileChecksum", promised)
        return cls(
            export_id=str(record["exportId"]),
            status=ExportStatus.of(record.get("status")),
            rows=count(record.get("numberOfRecords")),
            size=whole_number(record.get("fileSize")),
            checksum=checksum[1].lower() if checksum else None,
            error=storable(as_text(record.get("errorMsg")) or ""),
        )


@dataclass(frozen=True)
class ChangesPage:
    """
    People to whom something happened, by Marketo id; a page may be empty with more to come. `merged_ids` are those of
    them who are gone because they were merged into others.
    """

    person_ids: frozenset[int]
    merged_ids: frozenset[int]
    next_token: str
    has_more: bool
    # There would be more, and the token for it leads here again.
    is_stuck: bool = False
    # When it happened, as far as Marketo says so.
    moments: tuple[datetime, ...] = ()

    @classmethod
    def from_answer(cls, answer: dict[str, Any], token: str) -> Self:
        """The page that came for a token; raises what `expected_shape` knows when changes would be lost without it."""
        records = answer.get("result") or []
        if not isinstance(records, list):
            raise TypeError("no list of changes")
        activities = objects("result", records)
        merged = frozenset(set[int]().union(*map(_losers_of, activities)))
        people = merged.union(number for one in activities if (number := _person_of(one)) is not None)
        following = as_text(answer.get("nextPageToken")) or ""
        has_more = flag(answer.get("moreResult")) is True
        if has_more and not following:
            raise ValueError("no token for the rest")
        is_stuck = has_more and following == token
        if is_stuck:
            # Asking again would bring the same page for ever; the next run begins here.
            warn_unreadable("nextPageToken", following, reason="repeated")
        moments = tuple(at for one in activities if (at := moment(one.get("activityDate"))))
        return cls(people, merged, following, has_more and not is_stuck, is_stuck, moments)


def _person_of(activity: dict[str, Any]) -> int | None:
    person = whole_number(activity.get("leadId"))
    if person is None:
        warn_unreadable("leadId", activity.get("leadId"), activity=_id_of(activity))
    return person


def _losers_of(activity: dict[str, Any]) -> set[int]:
    """Of a merge, who is gone: that stands in an attribute, since `leadId` has won."""
    attributes = objects("attributes", activity.get("attributes"), activity=_id_of(activity))
    losers = [_losers(activity, item.get("value")) for item in attributes if item.get("name") == MERGE_IDS]
    return set[int]().union(*losers)


def _losers(activity: dict[str, Any], value: object) -> set[int]:
    found, is_whole = whole_numbers(value)
    if not is_whole:
        warn_unreadable(MERGE_IDS, value, activity=_id_of(activity))
    return found


def _id_of(activity: dict[str, Any]) -> str | None:
    return as_text(activity.get("marketoGUID")) or as_text(activity.get("id"))
