"""Rows as they can be stored: of a CSV file that the database refuses as a whole, and of records read by id."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.salesforce.oauth import to_18
from clients.values import as_text, flag, required, storable, warn_unreadable
from sync.engine.fields import INDISPENSABLE, RECORD_IDS, SHORT_ID
from sync.engine.problems import BadFile
from sync.engine.stage import MARKETO_NULL

# Stands for a carriage return while the csv module reads: it would break off in the middle of a row, and take the rest
# of it for other rows. Half a letter, as which no byte of a file is read.
RETURN = "\udc0d"


@dataclass(frozen=True)
class Refused:
    """
    A row that cannot be read; `reason` is a code of sync.messages, `line` the line of the file it ends on, 0 for a
    record that was read by id.
    """

    line: int
    reason: str
    text: str


class _Stream(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._rest = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def read_rows(chunks: Iterable[bytes], header: Sequence[str]) -> Iterator[list[str | None] | Refused]:
    """The rows of a Marketo CSV file; one that breaks the rules comes as Refused. Raises BadFile for another header."""
    # Lines end in \n only; a bare \r inside a value must reach the csv module untouched.
    text = io.TextIOWrapper(io.BufferedReader(_Stream(chunks)), "utf-8", "surrogateescape", newline="\n")
    lines: list[str] = []
    reader = csv.reader(_kept(text, lines), strict=True)
    if next(reader, None) != list(header):
        raise BadFile("The file has other columns than were asked for.")
    while True:
        lines.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _unreadable(reader.line_num, lines)
        else:
            yield _read(cells, lines, header, reader.line_num)


def read_person(person: Mapping[str, Any], names: Sequence[str]) -> list[str | None] | Refused:
    """The row of a person as REST answers it; what is a fault in a file's row is one here too."""
    odd = {name for name in names if isinstance(person.get(name), list | dict)}
    for name in odd:
        warn_unreadable(name, person[name], person=as_text(person.get("id")))
    cells = [as_text(person.get(name)) for name in names]
    shown = [cell or "" for cell in cells]
    # Whoever seems to lack a Salesforce id leaves the copy; any other field may be empty.
    reason = "wrong_columns" if odd & (INDISPENSABLE - {"id"}) else _fault(shown, len(names), names.index("id"))
    if reason:
        return Refused(0, reason, _shown(",".join(shown)))
    return [_in_copy(name, cell) for name, cell in zip(names, cells, strict=True)]


def _in_copy(name: str, cell: str | None) -> str | None:
    if cell and name in RECORD_IDS and len(cell) == SHORT_ID:
        return to_18(cell)
    return None if cell == MARKETO_NULL else cell


def read_record(record: Mapping[str, Any], columns: Mapping[str, str]) -> list[Any]:
    """
    The values of a Salesforce record for the columns of its stage table.

    Raises KeyError or ValueError for one that lacks what decides whether somebody belongs in the copy.
    """
    if "Id" in columns:
        required(record["Id"])
    return [_related(record, name) if "." in name else _own(record[name], kind) for name, kind in columns.items()]


def _related(record: Mapping[str, Any], path: str) -> str | None:
    """The value at a path such as Owner.Name: it is shown and nothing else, so it may be missing."""
    name, _dot, inner = path.partition(".")
    related = record.get(name)
    value = as_text(related.get(inner)) if isinstance(related, dict) else None
    if value:
        # As what is read of a page of results (pipeline.engine.load).
        return storable(value) or None
    if record.get(name, "") is not None:
        warn_unreadable(path, related)
    return None


def _own(value: Any, kind: str) -> str | bool | None:
    if kind == "boolean":
        return required(flag(value))
    if value is not None and not _is_storable(required(as_text(value))):
        raise ValueError("no database text can hold it")
    return as_text(value)


def _is_storable(value: str) -> bool:
    return "\0" not in value and _is_utf8(value)


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Lines as they pass; the csv module does not tell those of a row that it refuses."""
    for line in text:
        lines.append(line)
        end = "\r\n" if line.endswith("\r\n") else ""
        yield line.removesuffix(end).replace("\r", RETURN) + end


def _has_bare_return(lines: Sequence[str]) -> bool:
    """Is there a carriage return outside of quotes that ends no line?"""
    row = "".join(lines).removesuffix("\r\n")
    return "\r" in row and any("\r" in outside for outside in row.split('"')[::2])


def _shown(text: str) -> str:
    """Text that can be stored; what cannot is shown by its escape."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _read(cells: list[str], lines: Sequence[str], header: Sequence[str], line: int) -> list[str | None] | Refused:
    if _has_bare_return(lines):
        return _unreadable(line, lines)
    cells = [cell.replace(RETURN, "\r") for cell in cells]
    reason = _fault(cells, len(header), header.index("id"))
    if reason:
        return Refused(line, reason, _shown(",".join(cells)))
    return [None if cell == MARKETO_NULL else cell for cell in cells]


def _unreadable(line: int, lines: Sequence[str]) -> Refused:
    return Refused(line, "unreadable_row", _shown("".join(lines).rstrip("\n")))


def _fault(cells: list[str], width: int, id_position: int) -> str:
    if len(cells) != width:
        return "wrong_columns"
    number = cells[id_position]
    # Longer ones do not fit in a bigint.
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return "no_id"
    text = "".join(cells)
    if "\0" in text:
        return "nul_character"
    return "" if _is_utf8(text) else "not_utf8"


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
