"""A file of people between its two pages: as guessed, or as somebody chose to read it."""

from collections.abc import Mapping as AnyMapping
from functools import cached_property

from django.forms import BoundField

from invitations.csv_columns import Mapping, address_columns, guess_mapping, holds_roles, role_column
from invitations.csv_encodings import ENCODINGS
from invitations.csv_headings import COLUMNS
from invitations.csv_table import CsvError, Row, Table, first_rows, guess_layout, read_file
from invitations.forms import LayoutForm, MappingForm

SAMPLE_ROWS = 3
# Rows with letters beyond ASCII, by which a wrong encoding is found out.
SAMPLE_NAMES = 5
# Columns that hold nothing of ours, shown beside those that do.
OTHER_COLUMNS = 6


class OpenFile:
    """What is read, under the choices that were sent; a changed layout asks for its columns anew."""

    def __init__(self, data: bytes, sent: AnyMapping[str, str] | None) -> None:
        """Raises CsvError only for a file that the first page would have refused."""
        self.sent = sent
        encoding = (sent or {}).get("encoding", "")
        try:
            guess = guess_layout(data, encoding if encoding in ENCODINGS else "")
            rows = first_rows(data, guess)
        except CsvError:
            guess = guess_layout(data)
            rows = first_rows(data, guess)
        self.layout_form = LayoutForm(sent, guess=guess, rows=rows)
        self.layout = self.layout_form.layout
        self.table = self._read(data)
        self.form = MappingForm(self._columns(), columns=self.table.columns)
        self.is_valid = self.form.is_valid() and not (self.sent is not None and self.layout_form.errors)

    @property
    def is_to_be_checked(self) -> bool:
        """True when somebody wants to see the rows again before anything is sent."""
        return "check" in (self.sent or {}) or "drop" in (self.sent or {}) or self.is_read_anew

    @property
    def is_read_anew(self) -> bool:
        """True when the columns were chosen for another layout than this one."""
        shown = (self.sent or {}).get("shown", "")
        return bool(shown) and shown != self.shown

    @property
    def shown(self) -> str:
        return f"{self.layout.encoding} {self.layout.separator!r} {self.layout.heading_line}"

    @property
    def mapping(self) -> Mapping:
        return {name: self.form.cleaned_data[name] for name in COLUMNS}

    @property
    def chosen(self) -> dict[str, object]:
        """Layout and columns as an address carries them."""
        columns = {name: column for name, column in self.form.cleaned_data.items() if column is not None}
        layout = {"encoding": self.layout.encoding, "separator": self.layout.separator}
        return layout | {"heading_line": self.layout.heading_line} | columns

    @property
    def encoding_label(self) -> str:
        """How the letters were read; empty when nothing depends on it."""
        is_plain = self.layout.encoding.startswith("utf") or not self._foreign_rows
        return "" if is_plain else str(ENCODINGS[self.layout.encoding].label)

    @property
    def other_address_columns(self) -> list[str]:
        """Columns that hold addresses, and are not the one that is taken."""
        taken = self.form.cleaned_data.get("email")
        return [self.table.columns[column] for column in address_columns(self.table) if column != taken]

    @property
    def address_column(self) -> str:
        column = self.form.cleaned_data.get("email")
        return "" if column is None else self.table.columns[column]

    @property
    def has_role_column(self) -> bool:
        return self.form.cleaned_data.get("role") is not None

    @property
    def ignored_roles(self) -> str:
        """The heading of a column that is called Role and holds none; empty when there is none, or it was chosen."""
        column = role_column(self.table)
        if column is None or holds_roles(self.table, column) or self.form.cleaned_data.get("role") is not None:
            return ""
        return self.table.columns[column]

    @property
    def mapped_fields(self) -> list[tuple[BoundField, str]]:
        """Each field with the first value that its column holds."""
        return [(field, self._first_value(self.form.cleaned_data.get(field.name))) for field in self.form]

    def _first_value(self, column: object) -> str:
        if not isinstance(column, int):
            return ""
        return next((row.cell(column) for row in self.table.rows if row.cell(column)), "")

    @cached_property
    def sample_columns(self) -> list[str]:
        return [self.table.columns[place] for place in self._sampled]

    @cached_property
    def samples(self) -> list[tuple[int, list[str]]]:
        """Line and cells of the first rows, and of rows by which wrong letters are seen."""
        rows = dict.fromkeys(row.line for row in [*self.table.rows[:SAMPLE_ROWS], *self._foreign_rows[:SAMPLE_NAMES]])
        return [(row.line, [row.cell(place) for place in self._sampled]) for row in self.table.rows if row.line in rows]

    @cached_property
    def _sampled(self) -> list[int]:
        mapped = {column for column in self.form.cleaned_data.values() if isinstance(column, int)}
        filled = [
            place for place in range(len(self.table.columns)) if any(row.cell(place) for row in self.table.rows[:100])
        ]
        others = [place for place in filled if place not in mapped][:OTHER_COLUMNS]
        return sorted({*mapped, *others})

    @cached_property
    def _foreign_rows(self) -> list[Row]:
        return [row for row in self.table.rows if any(not cell.isascii() for cell in row.cells)]

    def _read(self, data: bytes) -> Table:
        try:
            return read_file(data, self.layout)
        except CsvError as error:
            self.layout_form.add_error("separator", str(error))
            self.layout = guess_layout(data)
            return read_file(data, self.layout)

    def _columns(self) -> AnyMapping[str, object]:
        if self.sent is None or self.is_read_anew:
            return guess_mapping(self.table)
        return {**dict(self.sent.items()), self.sent.get("drop", ""): ""}
