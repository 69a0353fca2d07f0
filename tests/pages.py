"""What an answer of the console says."""

import csv
import html
import io
import re
from typing import Any

EDGES = re.compile(r"(<[a-z][^>]*>) | (</)")


def text_of(answer: Any) -> str:
    """A page as its reader sees it, with its tags: signs such as > unescaped, white space as in `source_of`."""
    return html.unescape(source_of(answer))


def source_of(answer: Any) -> str:
    """A page as it was sent, for what must be escaped: white space folded, and none at the edges of an element."""
    return EDGES.sub(r"\1\2", " ".join(answer.content.decode().split()))


def rows_of(answer: Any) -> list[list[str]]:
    """The rows of a CSV download, read as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
