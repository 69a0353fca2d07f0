"""Reading the addresses that somebody typed or pasted."""

import re
from dataclasses import dataclass
from email.utils import parseaddr

from common.address_fields import sentence_for
from common.addresses import AddressError, stored_form

# A mail program writes `"Lind, Maria" <maria@...>`; a comma between quotation marks separates nothing.
ENTRY = re.compile(r"""(?:"[^"]*"|[^,;])+""")
LONGEST_NAME = 150


@dataclass(frozen=True)
class TypedAddress:
    """One entry as typed, and what it means; `problem` is a sentence, empty when the address can be used."""

    text: str
    email: str = ""
    name: str = ""
    problem: str = ""


def read_addresses(text: str) -> list[TypedAddress]:
    """Entries separated by comma, semicolon or a new line, each `address` or `Name <address>`; repeated ones once."""
    entries = (entry.strip() for line in text.splitlines() for entry in ENTRY.findall(line))
    found: dict[str, TypedAddress] = {}
    for address in (read_address(entry) for entry in entries if entry):
        found.setdefault(address.email or address.text, address)
    return list(found.values())


def read_address(text: str) -> TypedAddress:
    """One entry; the address comes back in its stored form."""
    name, email = parseaddr(text) if "<" in text else ("", text)
    try:
        return TypedAddress(text, stored_form(email or text), name.strip()[:LONGEST_NAME])
    except AddressError as error:
        return TypedAddress(text, problem=sentence_for(error))
