"""The columns of files of seeded people: those that both services have, and Marketo's."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from sandbox.csv_writer import Column, Page, Sheet
from sandbox.name_data import TITLES
from sandbox.people import CONTACT_KINDS, LEAD_KINDS, LINKED, OWNERS, QUEUES, Kind

NULL: Final = "null"
"""What stands for an empty value; nothing tells it from a text "null" (Adobe documentation, "Bulk Lead Extract")."""


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


def first_names(page: Page) -> list[str]:
    return [identity[0] for identity in page.identities]


def last_names(page: Page) -> list[str]:
    return [identity[1] for identity in page.identities]


def emails(page: Page) -> list[str]:
    null = page.sheet.null
    return [
        f"{identity[2]}{number}@{company[1]}" if (bits >> 50) % 25 else null
        for number, bits, identity, company in zip(page.ids, page.bits, page.identities, page.companies, strict=True)
    ]


def companies(page: Page) -> list[str]:
    return [company[0] for company in page.companies]


def titles(page: Page) -> list[str]:
    found = page.sheet.titles
    return [found[(bits >> 6) % len(TITLES)] for bits in page.bits]


def phones(page: Page) -> list[str]:
    null = page.sheet.null
    return [f"+46 8 {(bits >> 12) % 900_000 + 100_000}" if bits & 0x700 else null for bits in page.bits]


def sources(page: Page) -> list[str]:
    found = page.sheet.sources
    return [found[(bits >> 3) & 7] for bits in page.bits]


def created(page: Page) -> list[str]:
    return page.times(page.made)


def updated(page: Page) -> list[str]:
    return page.times(page.changed)


def account_ids(page: Page) -> list[str]:
    return page.only(CONTACT_KINDS, [company[2] for company in page.companies])


def owners(page: Page) -> list[str]:
    """The owner's record id, a user or a queue."""
    users, queues = page.sheet.users, page.sheet.queues
    found = [users[(bits >> 10) % OWNERS] for bits in page.bits]
    for position, kind in enumerate(page.kinds):
        if kind is Kind.MARKETO_ONLY:
            found[position] = page.sheet.null
        elif kind is Kind.QUEUE_LEAD:
            found[position] = queues[(page.bits[position] >> 9) % QUEUES]
    return found


def _marketo_owners(page: Page) -> list[str]:
    """As ``owners``; Marketo stores a queue only sometimes."""
    found = owners(page)
    for position, kind in enumerate(page.kinds):
        if kind is Kind.QUEUE_LEAD and page.bits[position] & 8:
            found[position] = NULL
    return found


def _linkedin_urls(page: Page) -> list[str]:
    return [
        f"https://www.linkedin.example/in/{number}" if bits >> 58 < LINKED else NULL
        for number, bits in zip(page.ids, page.bits, strict=True)
    ]


_TYPES: Final = {kind: "Contact" if kind in CONTACT_KINDS else "Lead" if kind in LEAD_KINDS else NULL for kind in Kind}

COLUMNS: Final[Mapping[str, Column]] = {
    "id": lambda page: list(map(str, page.ids)),
    "firstName": first_names,
    "lastName": last_names,
    "email": emails,
    "company": companies,
    "title": titles,
    "phone": phones,
    "leadSource": sources,
    "linkedInProfileURL": _linkedin_urls,
    "createdAt": created,
    "updatedAt": updated,
    "sfdcType": lambda page: [_TYPES[kind] for kind in page.kinds],
    "sfdcLeadId": lambda page: page.only(LEAD_KINDS, page.record_ids("Lead")),
    "sfdcContactId": lambda page: page.only(CONTACT_KINDS, page.record_ids("Contact")),
    "sfdcAccountId": account_ids,
    "sfdcLeadOwnerId": _marketo_owners,
}


class MarketoSheet(Sheet[tuple[int, bytes]]):
    """A file of Marketo's; a page is the number of its lines, and their text."""

    columns = COLUMNS
    facts = ("firstName", "lastName", "email", "company", "title", "phone")
    null = NULL
    zone = "Z"

    def cell(self, value: Any) -> str:
        return cell(value, self.delimiter)

    def make(self, ids: range) -> tuple[int, bytes]:
        # Line by line, because a text with one emoji takes four bytes for every character.
        return len(ids), b"\n".join([*(line.encode() for line in self.lines(ids)), b""])
