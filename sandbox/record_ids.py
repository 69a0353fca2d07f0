"""Salesforce record ids made from a number, and back.

A record id has 15 case-sensitive characters, of which the first three tell the object. Three more characters carry the
letter case of the first fifteen (Salesforce documentation, "Record IDs: 15 and 18 characters").
"""

from functools import lru_cache
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUMS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PREFIXES: Final = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "Profile": "00e",
    "Group": "00G",
    "OpportunityContactRole": "00K",
    "Lead": "00Q",
    "Organization": "00D",
    "Task": "00T",
}
# The middle of every id names the org; a number below 62**5 fills the last five characters alone.
_ORG_PART: Final = "Hs00000"
_PAIRS: Final = [(a + b, a.isupper() + 2 * b.isupper()) for a in DIGITS for b in DIGITS]


def checksum(record_id: str) -> str:
    """The last three characters of the 18-character form of a 15-character id."""
    blocks = (record_id[start : start + 5] for start in (0, 5, 10))
    return "".join(CHECKSUMS[sum(1 << i for i, char in enumerate(block) if char.isupper())] for block in blocks)


_STARTS: Final = {name: prefix + _ORG_PART for name, prefix in PREFIXES.items()}
_ENDS: Final = {name: checksum(start + "00000")[:2] for name, start in _STARTS.items()}


def make_id(sobject: str, number: int) -> str:
    """The 18-character id of record ``number`` (0 <= number < 62**5) of an object."""
    rest, last = divmod(number, 3844)
    first, middle = divmod(rest, 3844)
    text1, case1 = _PAIRS[middle]
    text2, case2 = _PAIRS[last]
    digit = DIGITS[first]
    case = CHECKSUMS[digit.isupper() + 2 * case1 + 8 * case2]
    return f"{_STARTS[sobject]}{digit}{text1}{text2}{_ENDS[sobject]}{case}"


IDS_OF_A_PAGE: Final = 3_844


@lru_cache(maxsize=4)
def page_of_ids(sobject: str, first: int) -> list[str]:
    """The ids of 3,844 records from number ``first``, a multiple of 3,844; as ``make_id`` makes them, only faster."""
    rest, middle = divmod(first // IDS_OF_A_PAGE, 3844)
    text, case = _PAIRS[middle]
    start, end = f"{_STARTS[sobject]}{DIGITS[rest]}{text}", _ENDS[sobject]
    return [start + tail for tail in _tails(end, DIGITS[rest].isupper() + 2 * case)]


@lru_cache
def _tails(end: str, case: int) -> list[str]:
    """The last five characters of the ids of a page."""
    return [f"{text}{end}{CHECKSUMS[case + 8 * case2]}" for text, case2 in _PAIRS]


def read_id(sobject: str, record_id: str) -> int | None:
    """The number behind a 15- or 18-character id of ``sobject``; None for any other text."""
    start = _STARTS[sobject]
    digits = record_id[10:15]
    if (
        len(record_id) not in {15, 18}
        or not record_id.startswith(start)
        or not digits.isascii()
        or not digits.isalnum()
    ):
        return None
    if record_id[15:].upper() not in {"", checksum(record_id[:15])}:
        return None
    number = 0
    for digit in digits:
        number = number * 62 + DIGITS.index(digit)
    return number
