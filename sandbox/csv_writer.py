"""Pages of a bulk file of seeded people, made column by column: many times as fast as person by person.

A page is 3,844 neighbours, those whose Salesforce ids differ in the last two characters only.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from sandbox.name_data import SCRIPTS, SOURCES, TITLES
from sandbox.people import COMPANIES, DAY, OWNERS, QUEUES, Kind, PersonGenerator, choose_company, odd_positions
from sandbox.record_ids import IDS_OF_A_PAGE, make_id, page_of_ids
from sandbox.settings import Settings

Company = tuple[str, str, str]
Identity = tuple[str, str, str]
Column = Callable[["Page"], list[str]]
Made = TypeVar("Made")

# For each script: how many given and family names it has, and the identities of all their pairs.
_IDENTITIES: Final[list[tuple[int, int, list[Identity]]]] = [
    (len(given), len(family), [(first[0], last[0], f"{first[1]}.{last[1]}.") for first in given for last in family])
    for given, family in SCRIPTS
]


class Sheet(ABC, Generic[Made]):
    """The tables that all pages of one file share; a subclass for each service says how its files spell things.

    ``columns`` makes every column there can be, ``facts`` names those made by ``facts_of``, ``null`` stands for an
    empty value and ``zone`` ends a time. ``names`` are the columns of this file.
    """

    columns: Mapping[str, Column]
    facts: tuple[str, ...]
    null: str
    zone: str

    def __init__(self, settings: Settings, names: tuple[str, ...], delimiter: str) -> None:
        self.generator = generator = PersonGenerator(settings)
        self.names = names
        self.delimiter = delimiter
        self.titles = list(map(self.cell, TITLES))
        self.sources = list(map(self.cell, SOURCES))
        self.companies = [(self.cell(name), domain) for name, domain in COMPANIES]
        self.users = [make_id("User", 1 + number) for number in range(OWNERS)]
        self.queues = [make_id("Group", 1 + number) for number in range(QUEUES)]
        first_day = (generator.end - generator.spread) // DAY
        days = range(first_day, first_day + settings.days)
        self.days = [f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}" for day in days]
        self.minutes = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(DAY // 60)]
        self.seconds = [f"{second:02d}{self.zone}" for second in range(60)]
        # Kinds come again every hundred ids.
        self.kinds = [generator.kind(number) for number in range(100)]

    @abstractmethod
    def cell(self, value: Any) -> str:
        """A value as it stands in the file."""

    def lines(self, ids: Sequence[int]) -> list[str]:
        """The lines of people who are neighbours within one page of ids, by ascending id."""
        page = Page(self, ids)
        made = {name: self.columns[name](page) for name in self.names}
        odd = [(made[name], place) for place, name in enumerate(self.facts) if name in made]
        for position in odd_positions(page.bits):
            facts = self.facts_of(page.ids[position], page.bits[position])
            for column, place in odd:
                column[position] = self.cell(facts[place])
        return list(map(self.delimiter.join, zip(*(made[name] for name in self.names), strict=True)))

    def facts_of(self, marketo_id: int, bits: int) -> tuple[str | None, ...]:
        """The values of the columns ``facts`` of one person."""
        return self.generator.facts(marketo_id, bits)

    @abstractmethod
    def make(self, ids: range) -> Made:
        """The part of the file about people who are neighbours within one page of ids."""


class Page:
    """What several columns are made of. ``made`` and ``changed`` are seconds since the first day of creation."""

    def __init__(self, sheet: Sheet[Any], ids: Sequence[int]) -> None:
        self.sheet = sheet
        self.ids = ids
        self.bits = sheet.generator.bits(ids)
        self.kinds = [sheet.kinds[number % 100] for number in ids]

    @cached_property
    def companies(self) -> list[Company]:
        """Name, mail domain and record id of everybody's company. Sixty-four neighbours share eight companies."""
        if not self.ids:
            return []
        first = self.ids[0] >> 6
        known = self._known_companies(range(1 + first * 8, 1 + (self.ids[-1] >> 6) * 8 + 8))
        return [
            known[((number >> 6) - first) * 8 + (bits & 7)] for number, bits in zip(self.ids, self.bits, strict=True)
        ]

    def _known_companies(self, accounts: range) -> list[Company]:
        names, bits = self.sheet.companies, self.sheet.generator.company_bits(accounts)
        return [
            (*names[choose_company(some)], make_id("Account", account))
            for account, some in zip(accounts, bits, strict=True)
        ]

    @cached_property
    def identities(self) -> list[Identity]:
        """Given name, family name, and the beginning of the address."""
        return [
            pairs[(bits >> 30) % given * family + (bits >> 35) % family]
            for bits in self.bits
            for given, family, pairs in (_IDENTITIES[(bits >> 24) & 63],)
        ]

    @cached_property
    def made(self) -> list[int]:
        return self._moments(self.ids)

    @cached_property
    def changed(self) -> list[int]:
        return self._moments(self.sheet.generator.youngest_peers(self.ids))

    def _moments(self, ids: Sequence[int]) -> list[int]:
        """When they were created, in seconds since the first day."""
        size, spread = self.sheet.generator.size, self.sheet.generator.spread
        return [(number - 1) * spread // size for number in ids]

    def record_ids(self, sobject: str) -> list[str]:
        """The ids that everybody's record would have."""
        if not self.ids:
            return []
        first = self.ids[0] // IDS_OF_A_PAGE * IDS_OF_A_PAGE
        made = page_of_ids(sobject, first)
        return [made[number - first] for number in self.ids]

    def only(self, kinds: frozenset[Kind], values: list[str]) -> list[str]:
        """The values of people of some kinds; of all others the null."""
        null = self.sheet.null
        return [value if kind in kinds else null for value, kind in zip(values, self.kinds, strict=True)]

    def times(self, moments: list[int]) -> list[str]:
        days, minutes, seconds = self.sheet.days, self.sheet.minutes, self.sheet.seconds
        return [days[time // DAY] + minutes[time // 60 % 1440] + seconds[time % 60] for time in moments]
