"""Reading the addresses that somebody typed or pasted.

No `email.utils`: of `ivo@acme.example <ivo@other.example>` one release of Python reads the name as the address, the
next one refuses it. What stands in angle brackets is the address; the rest is a name, and never costs the address.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from itertools import islice
from urllib.parse import unquote

from common.address_fields import sentence_for
from common.addresses import AddressError, stored_form, trimmed
from common.names import clean_name

LONGEST_NAME = 150
# As mail programs write it, each letter in up to a dozen. Python's work on codes grows with the square of the length.
LONGEST_WRITTEN_NAME = 2_000
# A quotation mark opens a name only where a word begins, so that 5" opens none. Old Outlook writes [mailto:...].
TOKEN = re.compile(
    r"""
    (?P<quoted> (?<![^\s,;>]) "(?:[^"\\]|\\.)*" (?=[\s,;<\[]|$) )
  | (?P<address> <[^<>@]*@[^<>]*> | \[mailto:[^\[\]]*\] )
  | (?P<comma> , )
  | (?P<end> ; )
  | [^",;<\[]+ | .
    """,
    re.VERBOSE | re.IGNORECASE,
)
LIKE_AN_ADDRESS = re.compile(r"[^\s<>]@[^\s<>]")
SCHEME = re.compile(r"(mailto|smtp):\s*", re.IGNORECASE)
WITH_NAME_BEHIND = re.compile(r"(?P<address>[^\s()@]+@[^\s()@]+)\s*\((?P<name>[^()]*)\)")
WITH_NAME_BEFORE = re.compile(r"(?P<name>[^()]*)\((?P<address>[^\s()@]+@[^\s()@]+)\)")
BETWEEN_ADDRESSES = re.compile(r"\s+(?:[^\w\s@]+\s+)?")
QUOTATION_MARKS = "\"'“”„‟‘’«»"


@dataclass(frozen=True)
class TypedAddress:
    """One entry as typed, and what it means; `problem` is a sentence, empty when the address can be used."""

    text: str
    email: str = ""
    name: str = ""
    problem: str = ""


def read_addresses(text: str, most: int | None = None) -> list[TypedAddress]:
    """
    Entries separated by comma, semicolon or a new line, each `address` or `Name <address>`; repeated ones once.

    Of more than `most` the first.
    """
    found: dict[str, TypedAddress] = {}
    entries = (address for line in text.splitlines() for address in _Line(line).addresses())
    for address in islice(entries, most):
        found.setdefault(address.email or address.text, address)
    return list(found.values())


class _Line:
    """Reads a line from left to right; `words` are what stands between commas, and may be a name or an address."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [""]
        self.is_behind_address = False

    def addresses(self) -> Iterator[TypedAddress]:
        """The entries in their order."""
        for token in TOKEN.finditer(self.text):
            if token["address"]:
                yield _with_name(", ".join(filter(None, map(str.strip, self.words))), token["address"])
                self.words, self.is_behind_address = [""], True
            elif token["end"]:
                yield from self._rest()
            elif not token["comma"]:
                self.words[-1] += token[0]
            elif self.is_behind_address or LIKE_AN_ADDRESS.search(self.words[-1]):
                yield from self._rest()
            else:
                # Perhaps the last name of `Last, First <address>`.
                self.words.append("")
        yield from self._rest()

    def _rest(self) -> Iterator[TypedAddress]:
        # `Name <address> (at home)`: what follows an address is another one or nothing.
        if not self.is_behind_address or "@" in self.words[-1]:
            yield from (_bare(text) for word in self.words for text in _parted(word.strip()) if text)
        self.words, self.is_behind_address = [""], False


def _parted(text: str) -> list[str]:
    """Addresses with nothing but spaces and marks between them, as Google Contacts joins them (` ::: `)."""
    parts = BETWEEN_ADDRESSES.split(text)
    return parts if all(map(_is_address, parts)) else [text]


def _with_name(name: str, bracketed: str) -> TypedAddress:
    try:
        email = stored_form(_without_scheme(bracketed[1:-1]))
    except AddressError as error:
        return TypedAddress(f"{name} {bracketed}".strip(), problem=sentence_for(error))
    return TypedAddress(f"{name} {bracketed}".strip(), email, read_name(name))


def _bare(text: str) -> TypedAddress:
    """An entry without brackets, in quotation marks, or with a bracket that nobody closed."""
    unquoted = text.strip(QUOTATION_MARKS) if text[:1] in QUOTATION_MARKS else text
    if unquoted != text and "<" in unquoted:
        return next(_Line(unquoted).addresses())
    name, _bracket, email = unquoted.rpartition("<")
    if found := WITH_NAME_BEHIND.fullmatch(unquoted) or WITH_NAME_BEFORE.fullmatch(unquoted):
        name, email = found["name"], found["address"]
    try:
        return TypedAddress(text, stored_form(_without_scheme(email.rstrip(">"))), read_name(name))
    except AddressError as error:
        return TypedAddress(text, problem=sentence_for(AddressError(error.problem, error.text or text, error.part)))


def read_name(text: str) -> str:
    """A name without the marks and codes of mail programs; empty when it only repeats an address."""
    name = text.strip()[:LONGEST_WRITTEN_NAME]
    if name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    name = trimmed(" ".join(_decoded(name).split()).strip(QUOTATION_MARKS))
    return "" if _is_address(name) else clean_name(name[:LONGEST_NAME])


def _decoded(name: str) -> str:
    """`=?utf-8?...?=` as letters."""
    if "=?" not in name:
        return name
    try:
        return str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError):
        return name


def _is_address(text: str) -> bool:
    try:
        return bool(stored_form(_without_scheme(text)))
    except AddressError:
        return False


def _without_scheme(text: str) -> str:
    address = trimmed(text)
    if not SCHEME.match(address):
        return address
    return unquote(SCHEME.sub("", address, count=1).partition("?")[0])
