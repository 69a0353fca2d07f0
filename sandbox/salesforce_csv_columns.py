"""The columns of bulk results about seeded leads and contacts, and how a bulk result spells things."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sandbox import csv_columns
from sandbox.csv_writer import Column, Page, Sheet
from sandbox.people import CONTACT_KINDS, DELETED_KINDS, LEAD_KINDS, Kind
from sandbox.records import group_rows, sellers
from sandbox.settings import Settings

Block = tuple[bytes, "array[int]"]
"""Some rows of a file: their text, and how many bytes each takes."""

CONVERTED: Final = frozenset({Kind.CONVERTED})
_OWNER_NAMES: Final = {row["Id"]: row["Name"] for row in [*sellers().values(), *group_rows()]} | {"": ""}


def cell(value: Any) -> str:
    """A value as it stands between quotes: null is empty, datetimes end in Z, checkboxes are lower case."""
    if isinstance(value, str):
        return value.replace('"', '""')
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")[:23] + "Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_line(cells: Iterable[str], delimiter: str, line_ending: str) -> str:
    separator = f'"{delimiter}"'
    return f'"{separator.join(cells)}"{line_ending}'


def pack(lines: Iterable[str]) -> Block:
    encoded = [line.encode() for line in lines]
    return b"".join(encoded), array("Q", map(len, encoded))


def _whether(kinds: frozenset[Kind]) -> Column:
    return lambda page: ["true" if kind in kinds else "false" for kind in page.kinds]


def _ids(sobject: str) -> Column:
    return lambda page: page.record_ids(sobject)


def _of_converted(column: Callable[[Page], list[str]]) -> Column:
    return lambda page: page.only(CONVERTED, column(page))


def _names(page: Page) -> list[str]:
    return [f"{given} {family}" for given, family, _ in page.identities]


def _owner_names(page: Page) -> list[str]:
    return [_OWNER_NAMES[owner_id] for owner_id in csv_columns.owners(page)]


_SHARED: Final[Mapping[str, Column]] = {
    "IsDeleted": _whether(DELETED_KINDS),
    "FirstName": csv_columns.first_names,
    "LastName": csv_columns.last_names,
    "Name": _names,
    "Email": csv_columns.emails,
    "Title": csv_columns.titles,
    "Phone": csv_columns.phones,
    "LeadSource": csv_columns.sources,
    "OwnerId": csv_columns.owners,
    "Owner.Name": _owner_names,
    "CreatedDate": csv_columns.created,
    "LastModifiedDate": csv_columns.updated,
    "SystemModstamp": csv_columns.updated,
}
_LEAD: Final[Mapping[str, Column]] = {
    **_SHARED,
    "Id": _ids("Lead"),
    "Company": csv_columns.companies,
    "IsConverted": _whether(CONVERTED),
    "ConvertedContactId": _of_converted(_ids("Contact")),
    "ConvertedAccountId": _of_converted(csv_columns.account_ids),
}
_CONTACT: Final[Mapping[str, Column]] = {**_SHARED, "Id": _ids("Contact"), "AccountId": csv_columns.account_ids}
COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {"Lead": _LEAD, "Contact": _CONTACT}


class SalesforceSheet(Sheet[Block]):
    """A file of all leads or all contacts."""

    facts = ("FirstName", "LastName", "Email", "Company", "Title", "Phone", "Name")
    null = ""
    zone = ".000Z"

    def __init__(
        self,
        settings: Settings,
        sobject: str,
        names: tuple[str, ...],
        delimiter: str,
        line_ending: str,
        include_deleted: bool,  # noqa: FBT001 (all arguments go by position to another process)
    ) -> None:
        self.columns = COLUMNS[sobject]
        super().__init__(settings, names, f'"{delimiter}"')
        self.sobject = sobject
        self.end = f'"{line_ending}'
        self.shown = LEAD_KINDS if sobject == "Lead" else CONTACT_KINDS
        if not include_deleted:
            self.shown -= DELETED_KINDS

    def cell(self, value: Any) -> str:
        return cell(value)

    def facts_of(self, marketo_id: int, bits: int) -> tuple[str | None, ...]:
        given, family, *others = super().facts_of(marketo_id, bits)
        return given, family, *others, f"{given} {family}"

    def rows(self, ids: range) -> dict[int, str]:
        """The lines of those who have a record that is shown, by id."""
        shown = [number for number in ids if self.kinds[number % 100] in self.shown]
        return {number: f'"{line}{self.end}' for number, line in zip(shown, self.lines(shown), strict=True)}

    def make(self, ids: range) -> Block:
        return pack(self.rows(ids).values())
