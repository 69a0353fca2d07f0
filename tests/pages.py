"""What an answer of the console says."""

import csv
import html
import io
from typing import Any


def text_of(answer: Any) -> str:
    """A page as its reader sees it, with its tags: signs such as > unescaped, white space folded."""
    return " ".join(html.unescape(answer.content.decode()).split())


def source_of(answer: Any) -> str:
    """A page as it was sent, white space folded: for what must be escaped in it."""
    return " ".join(answer.content.decode().split())


def rows_of(answer: Any) -> list[list[str]]:
    """The rows of a CSV download, read as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
