"""What the Marketo client answers with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self


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


@dataclass(frozen=True)
class MarketoUser:
    """A person who can log in to Marketo. `user_id` is the key; it is no e-mail address where Adobe signs people in."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    roles: frozenset[str]


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
        return cls("Cancelled") if value == "Canceled" else None


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
        checksum = record.get("fileChecksum")
        return cls(
            export_id=record["exportId"],
            status=ExportStatus(record["status"]),
            rows=record.get("numberOfRecords"),
            size=record.get("fileSize"),
            checksum=checksum.removeprefix("sha256:") if checksum else None,
            error=record.get("errorMsg", ""),
        )


@dataclass(frozen=True)
class ChangesPage:
    """People to whom something happened, by Marketo id; a page may be empty with more to come."""

    person_ids: frozenset[int]
    next_token: str
    has_more: bool

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> Self:
        records = answer.get("result") or []
        found = {int(record["leadId"]) for record in records}
        for record in records:
            for attribute in record.get("attributes", []):
                # The winner of a merge is `leadId`; who is gone stands in an attribute.
                if attribute["name"] == "Merge IDs":
                    found |= {int(loser) for loser in str(attribute["value"]).split(",")}
        return cls(frozenset(found), answer["nextPageToken"], answer["moreResult"])
