"""Reading a CSV file row by row, for files that the database refuses as a whole."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sync.engine.problems import BadFile
from sync.engine.stage import MARKETO_NULL


@dataclass(frozen=True)
class Refused:
    """A row that cannot be read; `reason` is a code of sync.sentences, `line` the line of the file it ends on."""

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
            yield Refused(reader.line_num, "unreadable_row", _shown("".join(lines).rstrip("\n")))
        else:
            yield _read(cells, header, reader.line_num)


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Lines as they pass; the csv module does not tell those of a row that it refuses."""
    for line in text:
        lines.append(line)
        yield line


def _shown(text: str) -> str:
    """Text that can be stored; what cannot is shown by its escape."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _read(cells: list[str], header: Sequence[str], line: int) -> list[str | None] | Refused:
    reason = _fault(cells, len(header), header.index("id"))
    if reason:
        return Refused(line, reason, _shown(",".join(cells)))
    return [None if cell == MARKETO_NULL else cell for cell in cells]


def _fault(cells: list[str], width: int, id_position: int) -> str:
    if len(cells) != width:
        return "wrong_columns"
    if not (cells[id_position].isascii() and cells[id_position].isdecimal()):
        return "no_id"
    text = "".join(cells)
    if "\0" in text:
        return "nul_character"
    return "" if _is_utf8(text) else "not_utf8"


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
