"""Names of people, teams and companies as strangers wrote them. No Django."""

import unicodedata

from common.addresses import is_invisible

FIRST_STRONG_ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
# Letters that run from right to left, and the marks that turn the text behind them round.
_TURNING = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
_MARKS = {"\u200e", "\u200f", "\u061c"}


def isolated(text: str) -> str:
    """
    The text, so that its direction ends with it (Unicode Standard Annex 9, "Isolates"): in a sentence, a list, a mail.

    A text that turns nothing round comes back as it is.
    """
    if not any(unicodedata.bidirectional(char) in _TURNING or char in _MARKS for char in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{_with_closed_isolates(text)}{END_OF_ISOLATE}"


def clean_name(text: str) -> str:
    """A name as it is, in one line; empty when nothing of it can be seen."""
    return "".join(map(_in_line, text)).strip() if any(is_visible(char) for char in text) else ""


def beginning(text: str, length: int) -> str:
    """
    So much of a text, with dots at its end where there is more.

    Django's truncatechars composes all of a text first. For accents in a row that takes Python the square of their
    number (unicodedata.normalize), 94 seconds for 800 KB, and no other thread of the process works meanwhile.
    """
    return text if len(text) <= length else f"{text[: length - 1]}\N{HORIZONTAL ELLIPSIS}"


def _in_line(char: str) -> str:
    """A browser sends no line end in a name; whoever does writes lines of their own into mails and chats."""
    return " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char


def is_visible(char: str) -> bool:
    """True for a character by which somebody can be told from others."""
    return not (is_invisible(char) or char.isspace() or unicodedata.category(char) in {"Cc", "Mn", "Me", "Co"})


def _with_closed_isolates(text: str) -> str:
    """Without ends of isolates that nothing in the text began: they would end ours."""
    depth, kept = 0, ""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction == "PDI" and not depth:
            continue
        depth += (direction in {"RLI", "LRI", "FSI"}) - (direction == "PDI")
        kept += char
    return kept + END_OF_ISOLATE * depth
