"""Lines of a bulk file for seeded people, made column by column: many times as fast as person by person.

A page is 3,844 neighbours, those whose Salesforce ids differ in the last two characters only.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from sandbox.names import SCRIPTS, SOURCES, TITLES
from sandbox.people import (
    CONTACT_KINDS,
    DAY,
    LEAD_KINDS,
    LINKED,
    OWNERLESS,
    OWNERS,
    QUEUES,
    SPREAD,
    Deriver,
    Kind,
    Person,
)
from sandbox.record_ids import IDS_OF_A_PAGE, make_id, page_of_ids

NULL: Final = "null"
"""What stands for an empty value; nothing tells it from a text "null" (Adobe documentation, "Bulk Lead Extract")."""

Company = tuple[str, str, str]
Names = tuple[tuple[str, str], tuple[str, str]]

_TIMES: Final = [f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z" for second in range(DAY)]
_TYPES: Final = {kind: "Contact" if kind in CONTACT_KINDS else "Lead" if kind in LEAD_KINDS else NULL for kind in Kind}
# What differs in people with an odd value, with an emoji in the name, or entered twice.
_ODD_COLUMNS: Final[dict[str, Callable[[Person], str | None]]] = {
    "firstName": lambda person: person.first_name,
    "lastName": lambda person: person.last_name,
    "email": lambda person: person.email,
    "company": lambda person: person.company,
    "title": lambda person: person.title,
    "phone": lambda person: person.phone,
}


@lru_cache
def _special(delimiter: str) -> re.Pattern[str]:
    # A carriage return alone stays bare, which is what makes such rows hostile.
    return re.compile(f'[{delimiter}"\n]')


def cell(value: Any, delimiter: str) -> str:
    """A value as it stands in the file."""
    if value is None:
        return NULL
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace('"', '""') + '"' if _special(delimiter).search(text) else text


class Sheet:
    """The tables that all pages of one file share. ``names`` are the REST names of its columns, all of COLUMNS."""

    def __init__(self, deriver: Deriver, names: list[str], delimiter: str) -> None:
        self.deriver = deriver
        self.names = names
        self.delimiter = delimiter
        self.titles = [cell(title, delimiter) for title in TITLES]
        self.sources = [cell(source, delimiter) for source in SOURCES]
        self.users = [make_id("User", 1 + number) for number in range(OWNERS)]
        self.queues = [make_id("Group", 1 + number) for number in range(QUEUES)]
        first_day = (deriver.end - SPREAD) // DAY
        self.days = [f"{datetime.fromtimestamp((first_day + day) * DAY, UTC):%Y-%m-%d}" for day in range(SPREAD // DAY)]
        # Kinds come again every hundred ids; a page begins anywhere in the hundred.
        self.kinds = [deriver.kind(number) for number in range(100)] * (IDS_OF_A_PAGE // 100 + 2)

    def lines(self, ids: range) -> list[str]:
        """The lines of people who are neighbours within one page of ids."""
        page = Page(self, ids.start, ids.stop)
        columns = {name: COLUMNS[name](page) for name in self.names}
        odd = [(column, _ODD_COLUMNS[name]) for name, column in columns.items() if name in _ODD_COLUMNS]
        for position in Deriver.odd_positions(page.bits):
            person = self.deriver.person(ids.start + position)
            for column, read in odd:
                column[position] = cell(read(person), self.delimiter)
        return list(map(self.delimiter.join, zip(*(columns[name] for name in self.names), strict=True)))

    def companies_of(self, block: int) -> list[Company]:
        """Name, mail domain and record id of the eight accounts that 64 neighbours share."""
        accounts = range(1 + block * 8, 9 + block * 8)
        known = ((account, self.deriver.company(account)) for account in accounts)
        return [(cell(name, self.delimiter), domain, make_id("Account", account)) for account, (name, domain) in known]

    def text(self, ids: range) -> bytes:
        """As ``lines``, as it stands in the file."""
        return ("\n".join(self.lines(ids)) + "\n").encode()


class Page:
    """What several columns are made of. ``made`` and ``changed`` are seconds since the first day of creation."""

    def __init__(self, sheet: Sheet, start: int, stop: int) -> None:
        self.sheet = sheet
        self.start, self.stop = start, stop
        self.bits = sheet.deriver.bits(range(start, stop))
        self.kinds = sheet.kinds[start % 100 : start % 100 + stop - start]

    @cached_property
    def companies(self) -> list[Company]:
        found: list[Company] = []
        for block in range(self.start >> 6, (self.stop - 1 >> 6) + 1):
            eight = self.sheet.companies_of(block)
            first, last = max(self.start, block << 6), min(self.stop, (block + 1) << 6)
            found += [eight[bits & 7] for bits in self.bits[first - self.start : last - self.start]]
        return found

    @cached_property
    def names(self) -> list[Names]:
        """Given and family name, each as shown and in ASCII."""
        return [
            (given[(bits >> 30) % len(given)], family[(bits >> 35) % len(family)])
            for bits in self.bits
            for given, family in (SCRIPTS[(bits >> 24) & 63],)
        ]

    @cached_property
    def made(self) -> list[int]:
        size = self.sheet.deriver.size
        return [(number - 1) * SPREAD // size for number in range(self.start, self.stop)]

    @cached_property
    def changed(self) -> list[int]:
        return [made + (bits >> 20) % (SPREAD - made) for bits, made in zip(self.bits, self.made, strict=True)]


def _times(page: Page, seconds: list[int]) -> list[str]:
    days = page.sheet.days
    return [days[second // DAY] + _TIMES[second % DAY] for second in seconds]


def _emails(page: Page) -> list[str]:
    return [
        NULL if (bits >> 50) % 25 == 0 else f"{first[1]}.{last[1]}.{number}@{company[1]}"
        for number, (bits, (first, last), company) in enumerate(
            zip(page.bits, page.names, page.companies, strict=True), start=page.start
        )
    ]


def _phones(page: Page) -> list[str]:
    return [f"+46 8 {(bits >> 12) % 900_000 + 100_000}" if bits & 0x700 else NULL for bits in page.bits]


def _linkedin_urls(page: Page) -> list[str]:
    return [
        f"https://www.linkedin.example/in/{number}" if bits >> 58 < LINKED else NULL
        for number, bits in enumerate(page.bits, start=page.start)
    ]


def _owners(page: Page) -> list[str]:
    users = page.sheet.users
    owners = [users[(bits >> 10) % OWNERS] for bits in page.bits]
    for position, kind in enumerate(page.kinds):
        if kind in OWNERLESS:
            owners[position] = NULL
        elif kind is Kind.QUEUE_LEAD:
            bits = page.bits[position]
            owners[position] = NULL if bits & 8 else page.sheet.queues[(bits >> 9) % QUEUES]
    return owners


def _record_ids(page: Page, sobject: str, kinds: frozenset[Kind]) -> list[str]:
    first = page.start // IDS_OF_A_PAGE * IDS_OF_A_PAGE
    ids = page_of_ids(sobject, first)[page.start - first : page.stop - first]
    return [record_id if kind in kinds else NULL for record_id, kind in zip(ids, page.kinds, strict=True)]


def _account_ids(page: Page) -> list[str]:
    return [
        company[2] if kind in CONTACT_KINDS else NULL for company, kind in zip(page.companies, page.kinds, strict=True)
    ]


COLUMNS: Final[dict[str, Callable[[Page], list[str]]]] = {
    "id": lambda page: list(map(str, range(page.start, page.stop))),
    "firstName": lambda page: [first[0] for first, _ in page.names],
    "lastName": lambda page: [last[0] for _, last in page.names],
    "email": _emails,
    "company": lambda page: [company[0] for company in page.companies],
    "title": lambda page: [page.sheet.titles[(bits >> 6) % len(TITLES)] for bits in page.bits],
    "phone": _phones,
    "leadSource": lambda page: [page.sheet.sources[(bits >> 3) & 7] for bits in page.bits],
    "linkedInProfileURL": _linkedin_urls,
    "createdAt": lambda page: _times(page, page.made),
    "updatedAt": lambda page: _times(page, page.changed),
    "sfdcType": lambda page: [_TYPES[kind] for kind in page.kinds],
    "sfdcLeadId": lambda page: _record_ids(page, "Lead", LEAD_KINDS),
    "sfdcContactId": lambda page: _record_ids(page, "Contact", CONTACT_KINDS),
    "sfdcAccountId": _account_ids,
    "sfdcLeadOwnerId": _owners,
}
