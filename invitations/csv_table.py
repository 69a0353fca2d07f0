"""A file as rows: its encoding, its separator, and the line of its headings, guessed by what makes most sense.

Sense is what gives people: cells that are addresses, and rows of one width. What was guessed can be chosen otherwise.
clevercsv was tried: it knows neither lines before the headings nor which cells matter, and chose the comma for names
with commas in a semicolon file.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.addresses import read_addresses
from invitations.csv_encodings import ENCODINGS, decoded, detect
from invitations.csv_headings import heading_ranks

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
# Objects of Salesforce have up to 900 fields.
MAX_COLUMNS = 1_000
# Each is a text of its own, twenty times as large as in the file if it is short: 10,000 people may have 100 of them.
MAX_CELLS = 1_000_000
SEPARATORS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
ROWS_JUDGED = 200
# Letters of cells with an @ that are looked at for a guess. A file of nothing but addresses, a thousand in each row or
# 5 MB in one cell, kept a process busy for minutes.
LETTERS_JUDGED = 50_000
# Of these the separator is guessed: blank lines, of which a file may have a million, are no rows that are judged.
LETTERS_SENSED = 500_000
# What looks like an address takes as long as one of so many letters, even a bare @, of which a file may have millions.
LETTERS_OF_ADDRESS = 20
# A longer cell holds something else, and is refused as an address anyway.
MAX_CELL = 300
# How far down the headings are looked for.
LINES_BEFORE_HEADINGS = 30
NO_HEADINGS = 0
TOO_BIG = gettext_lazy("The file is bigger than 5 MB. Split it into smaller files.")
# Control characters that no text has; tab, line ends, vertical tab and form feed may occur.
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Excel's own line says which separator the rest has; when it was saved again, separators follow.
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)
# A cell of notes may be long; whole files are bounded.
csv.field_size_limit(MAX_BYTES)


class CsvError(Exception):
    """The file as a whole cannot be used; the message is a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class Row:
    """A row that is not blank, and the line of the file on which it starts (1 is the first)."""

    line: int
    cells: list[str]

    def __str__(self) -> str:
        return " ".join(self.cells)

    def cell(self, column: int | None) -> str:
        return self.cells[column].strip() if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True)
class Layout:
    """How a file is read; `heading_line` is NO_HEADINGS when its first row is a person already."""

    encoding: str
    separator: str
    heading_line: int


@dataclass(frozen=True)
class Table:
    """A file as rows; `headings` are empty when its first row is a person already, `skipped` are the rows before."""

    headings: list[str]
    rows: list[Row]
    skipped: list[Row] = field(default_factory=list)

    @cached_property
    def columns(self) -> list[str]:
        """A name for every column: its heading, or its number."""
        width = max([len(self.headings), *(len(row.cells) for row in self.rows)])
        named = dict(enumerate(self.headings))
        return [named.get(index) or _("Column %(number)d") % {"number": index + 1} for index in range(width)]


def guess_layout(data: bytes, encoding: str = "") -> Layout:
    """The most likely reading of a file, also when somebody knows its encoding. Raises CsvError when there is none."""
    if len(data) > MAX_BYTES:
        raise CsvError(str(TOO_BIG))
    encoding = encoding or detect(data)
    text = _text(data, encoding)
    separator = guess_separator(text)
    return Layout(encoding, separator, guess_heading_line(list(_rows(text, separator))))


def read_table(data: bytes) -> Table:
    """The rows of a file as they are most likely meant. Raises CsvError when it cannot be used."""
    return read_file(data, guess_layout(data))


def read_file(data: bytes, layout: Layout) -> Table:
    """The rows of a file under a layout. Raises CsvError when it cannot be used."""
    rows = list(_rows(_text(data, layout.encoding), layout.separator))
    if not any("@" in cell for row in rows for cell in row.cells):
        raise CsvError(_("No column of this file holds email addresses. Add one, and upload it again."))
    before = [row for row in rows if row.line < layout.heading_line]
    headings = [row for row in rows if row.line == layout.heading_line]
    people = [row for row in rows if row.line > layout.heading_line]
    if people and _is_separator_line(people[0]):
        before.append(people.pop(0))
    if len(people) > MAX_ROWS:
        raise CsvError(_("The file has more than 10,000 rows. Split it into smaller files."))
    return Table([cell.strip()[:MAX_CELL] for cell in headings[0].cells] if headings else [], people, before)


def first_rows(data: bytes, layout: Layout) -> list[Row]:
    """The rows among which the headings are, and these too. Raises CsvError."""
    rows = _rows(_text(data, layout.encoding), layout.separator)
    return list(islice((row for row in rows if not _is_separator_line(row)), LINES_BEFORE_HEADINGS))


def is_address_cell(cell: str) -> bool:
    """True when a cell holds addresses and nothing else, in one of the notations of mail programs."""
    found = read_addresses(cell) if "@" in cell and len(cell) <= MAX_CELL else []
    return bool(found) and all(address.email for address in found)


def address_cells(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Row and column, by their places, of the cells that hold addresses, as far down as is looked for a guess."""
    left = LETTERS_JUDGED
    for place, row in enumerate(rows):
        for column, cell in enumerate(row.cells):
            if "@" in cell and left > 0:
                left -= _effort(cell)
                if is_address_cell(cell):
                    yield place, column


def _effort(cell: str) -> int:
    return max(len(cell), LETTERS_OF_ADDRESS * cell.count("@"))


def guess_separator(text: str) -> str:
    """What the separator line says, or what makes the most rows with an address, the most rows of one width."""
    if said := SEPARATOR_LINE.fullmatch(_lines(text)[0].strip()):
        return said[1]
    return max(SEPARATORS, key=lambda separator: _sense(text[:LETTERS_SENSED], separator))


def guess_heading_line(rows: list[Row]) -> int:
    """The line of the headings: the row of the top with most known headings, or the one that stands where they do."""
    rows = [row for row in rows if not _is_separator_line(row)]
    first = next((place for place, _column in address_cells(rows)), len(rows))
    top = rows[: min(first + 1, LINES_BEFORE_HEADINGS)]
    known = [_known_headings(row) for row in top]
    if known and max(known) > (0, 0):
        return top[known.index(max(known))].line
    before = [row for row in top[:first] if not any("@" in cell for cell in row.cells)]
    width = Counter(len(row.cells) for row in rows[:ROWS_JUDGED]).most_common(1)
    return next((row.line for row in before if len(row.cells) == width[0][0]), NO_HEADINGS)


def _known_headings(row: Row) -> tuple[int, int]:
    """
    Whether the cells of a row name the addresses, and how many columns they name.

    A row with an address is a person unless it names two columns.
    """
    ranks = [heading_ranks(cell) for cell in row.cells]
    named = len({name for found in ranks for name in found})
    if named < 2 and any("@" in cell for cell in row.cells):
        return 0, 0
    return int(any(found.get("email", 2) < 2 for found in ranks)), named


def _sense(text: str, separator: str) -> tuple[int, int]:
    rows: list[Row] = []
    try:
        for row in _rows_of_any_width(text, separator):
            rows.append(row)
            if len(rows) == ROWS_JUDGED:
                break
    except CsvError:
        # The rows before a quotation mark that is never closed say enough.
        pass
    columns = Counter(column for _place, column in address_cells(rows))
    widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
    return max(columns.values(), default=0), max(widths.values(), default=0)


def _text(data: bytes, encoding: str) -> str:
    text = decoded(data, ENCODINGS[encoding].codec)
    if BINARY.search(text):
        raise CsvError(_("This is not a text file. In the spreadsheet choose Save as, and the type CSV."))
    if not text.strip():
        raise CsvError(_("The file is empty. Add one person per row, and upload it again."))
    return text


def _lines(text: str) -> list[str]:
    # Old Mac line ends too; a line end inside of quotation marks becomes one line end.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _is_separator_line(row: Row) -> bool:
    return (
        row.line == 1 and bool(re.match(r'"?sep=.?"?$', row.cells[0].strip(), re.IGNORECASE)) and not any(row.cells[1:])
    )


class _Feed:
    """Lines for the csv module, and how many of them it has taken."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        while self.taken < len(self.lines):
            self.taken += 1
            yield self.lines[self.taken - 1] + "\n"


def _rows(text: str, separator: str) -> Iterator[Row]:
    """
    Rows that are not blank. Raises CsvError for a mark that is not closed, and for too many rows, columns or cells.
    """
    filled = 0
    for row in _rows_of_any_width(text, separator):
        if len(row.cells) > MAX_COLUMNS:
            raise CsvError(_("The file has a row with more than 1,000 columns. Keep the columns that are needed."))
        filled += len(row.cells) - row.cells.count("")
        if filled > MAX_CELLS:
            raise CsvError(_("The file has more than 1,000,000 filled cells. Keep the columns that are needed."))
        yield row


def _rows_of_any_width(text: str, separator: str) -> Iterator[Row]:
    found = 0
    for line, cells in _cells(_Feed(_lines(text)), separator):
        if any(cell.strip() for cell in cells):
            found += 1
            yield Row(line, cells)
        # The headings, and some lines before them, are nobody.
        if found > MAX_ROWS + LINES_BEFORE_HEADINGS:
            raise CsvError(_("The file has more than 10,000 rows. Split it into smaller files."))


def _cells(feed: _Feed, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(iter(feed), delimiter=separator, strict=True)
    line, width, letters = 1, 0, LETTERS_JUDGED
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = _careless(feed, line, separator)
        width = width or len(cells)
        if feed.taken > line and letters > 0 and _swallows_rows([cell[:letters] for cell in cells], separator, width):
            message = _(
                "Line %(line)d opens a quotation mark that is closed on line %(end)d, after other people. Correct it, "
                "and upload the file again."
            )
            raise CsvError(message % {"line": line, "end": feed.taken})
        letters -= sum(map(_effort, cells)) if feed.taken > line else 0
        yield line, cells
        line = feed.taken + 1


def _careless(feed: _Feed, line: int, separator: str) -> list[str]:
    """A line with quotation marks in the wrong place, as well as it goes; refused when one stays open."""
    text = feed.lines[line - 1]
    [cells] = csv.reader([text], delimiter=separator)
    [closed] = csv.reader([text + '"'], delimiter=separator)
    if feed.taken > line or closed == cells:
        raise _unclosed(line)
    return cells


def _swallows_rows(cells: list[str], separator: str, width: int) -> bool:
    """True when a cell of several lines holds what looks like rows: its mark was closed by one of theirs."""
    inside = [line.split(separator) for cell in cells if "\n" in cell for line in cell.split("\n")[1:]]
    return any(len(row) >= max(width, 2) and any(map(is_address_cell, row)) for row in inside)


def _unclosed(line: int) -> CsvError:
    message = _("Line %(line)d opens a quotation mark that is never closed. Correct it, and upload the file again.")
    return CsvError(message % {"line": line})
