"""Files that people open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# A cell that begins so would be run as a formula (CWE-1236); the wide letters are what East Asian keyboards write.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# Where commas are in numbers, as in Sweden, spreadsheets take a semicolon for the end of a cell, and quotation marks
# around our cells for letters: then a cell begins in the middle of ours. The white space before it is taken as a whole,
# formula or not: read again from each of its characters, a long run of tabs kept an export busy for minutes.
_INSIDE = re.compile(r"([;\t\r\n][\s\"']*+)([=+\-@＝＋－＠]?)")


class CsvAnswer(StreamingHttpResponse):
    """A CSV file (RFC 4180) to download, written as it is read; every cell stays text in a spreadsheet."""

    def __init__(self, filename: str, rows: Iterable[Iterable[object]]) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        super().__init__(_lines(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    # The mark makes Excel read UTF-8.
    yield "\ufeff"
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([_safe(str(cell)) for cell in row])
        yield line.getvalue()


def _safe(cell: str) -> str:
    inside = _INSIDE.sub(_marked, cell)
    return f"'{inside}" if inside.startswith(FORMULA_STARTS) else inside


def _marked(found: re.Match[str]) -> str:
    return f"{found[1]}'{found[2]}" if found[2] else found[1]
