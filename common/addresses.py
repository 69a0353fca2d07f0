"""The one form in which an email address is stored, whatever spelling of it comes in. No Django.

email-validator knows IDNA 2008, as browsers and mail servers do; Python's own codec knows IDNA 2003, which sends the
mails of one domain to another (ß becomes ss).
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

LONGEST_ADDRESS = 254
# Before the @ (RFC 5321, 4.5.3.1.1). The library measures it only where it is strict about quoted names as well.
LONGEST_LOCAL_PART = 64
# In whatever spelling. The library's work grows with the square of the length, and anybody may type a text.
LONGEST_SPELLING = 1_000
# Nothing is drawn for them, and Unicode counts them among letters, marks and symbols (Default_Ignorable_Code_Point).
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_PUNYCODE_LABEL = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)


class AddressProblem(StrEnum):
    """Why a text is no address to which a mail can be sent."""

    NO_ADDRESS = "no_address"
    INVISIBLE = "invisible"
    LETTERS_BEFORE_AT = "letters_before_at"
    RESERVED_DOMAIN = "reserved_domain"


class AddressError(ValueError):
    """`text` cannot be mailed, because of `problem`; `part` is the character or the domain that is meant."""

    def __init__(self, problem: AddressProblem, text: str, part: str = "") -> None:
        super().__init__(problem, text, part)
        self.problem = problem
        self.text = text
        self.part = part


def stored_form(text: str) -> str:
    """The address in lower case, composed, its domain in letters as people see it. Raises AddressError."""
    return _stored(_judged(text))


def lookup_form(text: str) -> str:
    """The same for comparing: what is no address comes back in lower case, and equals nothing that is stored."""
    try:
        return stored_form(text)
    except AddressError:
        return trimmed(text).lower()


def mail_form(email: str) -> str:
    """The address as a mail server is told it, its domain in Punycode. Raises AddressError.

    An old address in ASCII is left to the mail server: that of a company may know its reserved domains.
    """
    try:
        return _judged(email).ascii_email or email
    except AddressError:
        if email.isascii():
            return email
        raise


def mended_form(email: str) -> str:
    """What somebody meant who copied invisible characters into an address; empty when that is none either."""
    try:
        return stored_form("".join(char for char in email if not is_invisible(char)))
    except AddressError:
        return ""


def spellings(text: str) -> set[str]:
    """What to look for when somebody searches for a piece of a name or of an address: letters composed or not."""
    composed = unicodedata.normalize("NFC", trimmed(text))
    decomposed = unicodedata.normalize("NFD", composed)
    return {composed, decomposed, _PUNYCODE_LABEL.sub(_in_letters, composed), _in_punycode(composed)} - {""}


def trimmed(text: str) -> str:
    """Without spaces and invisible characters at both ends, which come along when an address is copied."""
    kept = [place for place, char in enumerate(text) if not (char.isspace() or is_invisible(char))]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def is_invisible(char: str) -> bool:
    """True for a character that looks like nothing or like a space, and is none of ASCII."""
    return not char.isascii() and (
        unicodedata.category(char) in {"Cf", "Zs", "Zl", "Zp"} or bool(_IGNORABLE.match(char))
    )


def _judged(text: str) -> ValidatedEmail:
    if len(text) > LONGEST_SPELLING:
        raise AddressError(AddressProblem.NO_ADDRESS, trimmed(text))
    return _validated(text)


# A file is judged again on each of its pages.
@lru_cache(maxsize=20_000)
def _validated(text: str) -> ValidatedEmail:
    address = trimmed(text)
    try:
        if hidden := next(filter(is_invisible, address), ""):
            raise AddressError(AddressProblem.INVISIBLE, address, hidden)
        found = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        raise _why_not(address) from None
    if len(found.local_part) > LONGEST_LOCAL_PART:
        raise AddressError(AddressProblem.NO_ADDRESS, address)
    return found


def _stored(found: ValidatedEmail) -> str:
    return found.normalized.lower()


def _why_not(address: str) -> AddressError:
    local, _at, domain = address.rpartition("@")
    if foreign := next((char for char in local if not char.isascii()), ""):
        return AddressError(AddressProblem.LETTERS_BEFORE_AT, address, foreign)
    labels = domain.lower().split(".")
    parents = {".".join(labels[place:]) for place in range(len(labels))}
    if local and parents & set(SPECIAL_USE_DOMAIN_NAMES):
        return AddressError(AddressProblem.RESERVED_DOMAIN, address, domain)
    return AddressError(AddressProblem.NO_ADDRESS, address)


def _in_letters(label: re.Match[str]) -> str:
    try:
        return idna.decode(label[0].lower())
    except (idna.IDNAError, UnicodeError):
        return label[0]


def _in_punycode(text: str) -> str:
    local, at, domain = text.rpartition("@")
    try:
        return local + at + idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return text
