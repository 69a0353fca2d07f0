"""Making the file of an export job. Memory stays flat whatever the number of people."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from sandbox import column_workers
from sandbox.csv_columns import COLUMNS, MarketoSheet, cell
from sandbox.marketo import new_leads
from sandbox.marketo.envelope import datetime_text, read_datetime
from sandbox.marketo.fields import LINKEDIN, RECORD_IDS, SHORT_ID
from sandbox.marketo.linked import LEADS, MEMBERS, PURCHASES, has_purchase, program_ids, readers
from sandbox.marketo.lists import SMART_LISTS, Lists
from sandbox.marketo.types import NEW_LEAD
from sandbox.people import Person
from sandbox.world import Change, World

DELIMITERS: Final = {"CSV": ",", "TSV": "\t", "SSV": ";"}
HOSTILE_EVERY: Final = 7
_ROWS_AT_ONCE: Final = 2_000
PRIMARY_FILTERS: Final[dict[str, Callable[[Change], Any]]] = {
    "primaryAttributeValueIds": lambda change: change.marketo_id,
    "primaryAttributeValues": lambda change: change.primary_value,
}
"""What an export of activities can be filtered by besides time and type, and how it is read."""

# Faults that keep each line as it is but not their order or number.
_SPOILS: Final[dict[str, Callable[[list[str]], list[str]]]] = {
    "duplicate_rows": lambda lines: [*lines, *lines[-1:]],
    "shuffled_rows": lambda lines: lines[::-1],
}


@dataclass(frozen=True)
class Order:
    """What a file is made of. ``filter`` is the one filter of the job, ``fault`` what is to be wrong with the file."""

    kind: str
    fields: list[str]
    headers: list[str]
    format: str
    filter: dict[str, Any]
    fault: str


@dataclass(frozen=True)
class Made:
    """Facts of a finished file: rows without the header, bytes, and sha256 in hex."""

    rows: int
    size: int
    checksum: str


Block = tuple[int, bytes]
"""Some lines of a file: how many, and their text."""


def write_file(world: World, lists: Lists, order: Order, path: Path, goes_on: Callable[[], bool]) -> Made | None:
    """Write a file; None when ``goes_on`` said no in the middle of it."""
    digest, rows = hashlib.sha256(), 0
    blocks = _activity_blocks(world, order) if order.kind == "activities" else _people_blocks(world, lists, order)
    with path.open("wb") as file:
        for count, content in chain([_header(order)], blocks):
            if not goes_on():
                return None
            file.write(content)
            digest.update(content)
            rows += count
        size = file.tell()
    return Made(rows, size, "0" * 64 if order.fault == "bad_checksum" else digest.hexdigest())


def _header(order: Order) -> Block:
    delimiter = DELIMITERS[order.format]
    return 0, _block([delimiter.join(cell(name, delimiter) for name in order.headers)])[1]


def _block(lines: list[str]) -> Block:
    return len(lines), "".join([line + "\n" for line in lines]).encode()


def _blocks(lines: Iterator[str]) -> Iterator[Block]:
    return map(_block, iter(lambda: list(islice(lines, _ROWS_AT_ONCE)), []))


def _people_blocks(world: World, lists: Lists, order: Order) -> Iterator[Block]:
    writer = _LineWriter(world, lists, order)
    if "createdAt" in order.filter and writer.is_quick:
        yield from _quick_blocks(world, order, writer)
    else:
        people = _matching_people(world, lists, order)
        spoil = _SPOILS.get(order.fault, list)
        yield from map(_block, map(spoil, iter(lambda: list(map(writer.line, islice(people, _ROWS_AT_ONCE))), [])))
    if order.fault == "bad_row":
        yield _block([writer.delimiter.join(["1", "one cell more or less than the header has"] * len(order.headers))])


def _quick_blocks(world: World, order: Order, writer: "_LineWriter") -> Iterator[Block]:
    """Pages of seeded people, who are in order of creation, and then those created since the start."""
    start, end = _window(order)
    seeded, ids = world.settings.people, world.seeded_between(start, end)

    def patched(sheet: MarketoSheet, span: range, changed: set[int]) -> Block:
        lines: list[str | None] = [*sheet.lines(span)]
        for number in changed:
            person = world.person(number)
            lines[number - span.start] = None if person is None else writer.line(person)
        return _block([line for line in lines if line is not None])

    values = (world.settings, writer.columns, writer.delimiter)
    changed = {*world.stored_ids(), *writer.hostile_ids(ids), *world.missing_ids(ids)}
    yield from column_workers.pages(MarketoSheet, values, ids, changed, patched)
    yield from _blocks(writer.line(person) for person in world.people(seeded + 1) if start <= person.created <= end)


class _LineWriter:
    """Makes the line of any person."""

    def __init__(self, world: World, lists: Lists, order: Order) -> None:
        known = readers(world, lists, order.kind, order.filter)
        self.delimiter = DELIMITERS[order.format]
        self._readers = [known[name] for name in order.fields]
        self._is_stale = order.fault == "stale_rows"
        self._is_hostile = world.switches.hostile_rows
        is_plain = order.kind == LEADS and order.fault not in {"stale_rows", *_SPOILS}
        self.columns = tuple(LINKEDIN if name == world.switches.linkedin_field else name for name in order.fields)
        has_short_ids = world.switches.salesforce_id_length == SHORT_ID and not RECORD_IDS.isdisjoint(self.columns)
        self.is_quick = is_plain and COLUMNS.keys() >= set(self.columns) and not has_short_ids

    def line(self, person: Person) -> str:
        if self._is_stale:
            person = person._replace(updated=person.created, shown_update=None)
        if self._is_hostile and person.marketo_id % HOSTILE_EVERY == 0:
            mark = "\0" if person.marketo_id % 2 else "\rAssistant"
            person = person._replace(title=f"{person.title or 'null'}{mark}")
        return self.delimiter.join([cell(read(person), self.delimiter) for read in self._readers])

    def hostile_ids(self, ids: range) -> range:
        """People whose title gets a NUL or a carriage return."""
        if not self._is_hostile:
            return range(0)
        return range(-(-ids.start // HOSTILE_EVERY) * HOSTILE_EVERY, ids.stop, HOSTILE_EVERY)


def _window(order: Order) -> tuple[float, float]:
    given = order.filter["createdAt"]
    return read_datetime(given["startAt"]), read_datetime(given["endAt"])


def _matching_people(world: World, lists: Lists, order: Order) -> Iterator[Person]:
    """People who meet the one filter of an export; both ends of a window belong to it."""
    if order.kind == MEMBERS:
        return lists.members(lists.programs[program_ids(order.filter)[0]])
    found = _filtered(world, lists, order.filter)
    return filter(has_purchase, found) if order.kind == PURCHASES else found


def _filtered(world: World, lists: Lists, given: dict[str, Any]) -> Iterator[Person]:
    name, value = next(iter(given.items()))
    if name.startswith("staticList"):
        return lists.members(next(item for item in lists.static.values() if value in (item.id, item.name)))
    if name.startswith("smartList"):
        matches = next(item.matches for item in SMART_LISTS if value in (item.id, item.name))
        return filter(matches, world.people())
    start, end = read_datetime(value["startAt"]), read_datetime(value["endAt"])
    if name == "updatedAt":
        return (person for person in world.people() if start <= person.updated <= end)
    return (person for person in world.people_created_around(start, end) if start <= person.created <= end)


def _activity_blocks(world: World, order: Order) -> Iterator[Block]:
    start, end = _window(order)
    types = set(order.filter.get("activityTypeIds") or ())
    delimiter = DELIMITERS[order.format]
    seeded = world.seeded_between(start, end) if not types or NEW_LEAD in types else ()
    return _blocks(
        delimiter.join(_activity_cells(change, order.fields, delimiter))
        for change in chain(new_leads.seeded(world, seeded), list(world.changes))
        if start <= change.at <= end and (not types or change.type_id in types) and _is_about(change, order.filter)
    )


def _is_about(change: Change, given: dict[str, Any]) -> bool:
    return all(
        name not in given or str(read(change)) in map(str, given[name]) for name, read in PRIMARY_FILTERS.items()
    )


def _activity_cells(change: Change, names: list[str], delimiter: str) -> list[str]:
    attributes = dict(change.attributes) | {name: new for name, new, _ in change.fields}
    values = {
        "marketoGUID": f"sandbox-{change.number}",
        "leadId": change.marketo_id,
        "activityDate": datetime_text(change.at),
        "activityTypeId": change.type_id,
        "primaryAttributeValueId": change.marketo_id,
        "primaryAttributeValue": change.primary_value,
        "attributes": json.dumps(attributes, ensure_ascii=False),
    }
    return [cell(values.get(name), delimiter) for name in names]
