"""The rows of a bulk query as CSV. All leads or all contacts are made column by column, anything else row by row."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from sandbox import column_workers
from sandbox.record_ids import make_id, read_id
from sandbox.salesforce import rows
from sandbox.salesforce.query import Plan
from sandbox.salesforce.soql import Path
from sandbox.salesforce_csv_columns import COLUMNS, Block, SalesforceSheet, cell, csv_line, pack

_ROWS_AT_ONCE: Final = 2_000


class Rows:
    """What a query selects, in blocks of lines; ``header`` is the line above them."""

    def __init__(self, plan: Plan, delimiter: str, line_ending: str) -> None:
        self.plan = plan
        self.delimiter = delimiter
        self.line_ending = line_ending
        self._names = tuple(_column_name(plan, column.path) for column in plan.query.columns)
        self._getters = [plan.paths.getter(column.path) for column in plan.query.columns]

    @property
    def header(self) -> str:
        return csv_line(self._names, self.delimiter, self.line_ending)

    def blocks(self) -> Iterator[Block]:
        return self._pages() if self._is_quick() else self._blocks(self.plan.matches())

    def _row_line(self, row: rows.Row) -> str:
        return csv_line([cell(get(row)) for get in self._getters], self.delimiter, self.line_ending)

    def _blocks(self, found: Iterator[rows.Row]) -> Iterator[Block]:
        lines = map(self._row_line, found)
        return map(pack, iter(lambda: list(islice(lines, _ROWS_AT_ONCE)), []))

    def _is_quick(self) -> bool:
        """Whether every row is wanted, of columns that only a change of the row itself can change."""
        org, known = self.plan.org, COLUMNS.get(self.plan.sobject.name, {})
        is_known = known.keys() >= set(self._names) and not (org.changed.get("User") or org.changed.get("Group"))
        return self.plan.is_whole and is_known

    def _pages(self) -> Iterator[Block]:
        org, sobject = self.plan.org, self.plan.sobject.name
        seeded = org.world.settings.people
        values = (org.world.settings, sobject, self._names, self.delimiter, self.line_ending, self.plan.include_deleted)
        written = {number for key in org.changed.get(sobject, {}) if (number := read_id(sobject, key))}
        ids = range(1, seeded + 1)
        changed = written.union(org.world.stored_ids(), org.world.missing_ids(ids))
        yield from column_workers.pages(SalesforceSheet, values, ids, changed, self._patched)
        later = (rows.row(org, sobject, make_id(sobject, number)) for number in sorted(changed) if number > seeded)
        made = list(org.created.get(sobject, {}).values())
        yield from self._blocks(row for row in (*later, *made) if row is not None and self.plan.shows(row))

    def _patched(self, sheet: SalesforceSheet, ids: range, changed: set[int]) -> Block:
        """Rows of neighbours, of whom some are no longer as seeded."""
        lines = sheet.rows(ids)
        for number in changed:
            lines.pop(number, None)
            row = rows.row(self.plan.org, sheet.sobject, make_id(sheet.sobject, number))
            if row is not None and self.plan.shows(row):
                lines[number] = self._row_line(row)
        return pack(lines[number] for number in sorted(lines))


def _column_name(plan: Plan, path: Path) -> str:
    steps, found = plan.paths.resolve(path)
    return ".".join([*(step.relationship for step in steps), found.name])
