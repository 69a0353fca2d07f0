"""
The one redaction: what is logged, and what a provider's error says, without secrets and email addresses.

Plain Python, so that every room and the HTTP clients may use it. A value is judged by its name and its type, a text by
what stands in it: names with their values, addresses that open something by themselves, and shapes of tokens. Nothing
here raises, and the work is bounded, because what is logged may be as large and as broken as its sender likes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote

HIDDEN = "[hidden]"
CUT = "[cut]"
# Characters of one text, or of all texts of one value: a traceback of some 150 frames.
MAX_LENGTH = 20_000
MAX_VALUES = 500
MAX_DEPTH = 6
# An address inside an address inside an address; what is wrapped more often is meant to be hidden.
MAX_DECODINGS = 4
_MAX_BITS = 256

# What a secret's name has in it, and names that are one as a whole.
_TELLING_PARTS = (
    r"secret|token|passw|passphrase|authorization|cookie|csrf|verifier|assertion|credential|signature"
    r"|api[_-]?key|private[_-]?key|session[_-]?(?:id|key)|argsrepr"
    r"|(?:recovery|verification|one[_-]?time)[_-]?code"
)
_TELLING_NAMES = r"pass|pwd|pin|otp|totp|sid|jwt|refresh|session"
# What OAuth and a second factor send under these names; programs answer 404, INVALID_FIELD and JobComplete.
_DOUBTFUL_NAMES = r"code|state"
_ORDINARY = r"-?\d{1,4}|[A-Z][A-Z_]{1,60}|[A-Z][A-Za-z]{1,20}|null|true|false"

_SECRET_NAME = re.compile(rf"{_TELLING_PARTS}|\A(?:{_TELLING_NAMES})\Z", re.IGNORECASE)
_DOUBTFUL_NAME = re.compile(rf"\A(?:{_DOUBTFUL_NAMES})\Z", re.IGNORECASE)
_ORDINARY_VALUE = re.compile(_ORDINARY)

# From a name to its value: in JSON, Python's notation, a query, a header. Quotes may be escaped.
_THEN = r"""(?:\\{0,3}["']\]?)?\s{0,3}[:=][ \t]{0,3}+(?:[bu](?=["']))?+(?!\[hidden\])"""
_VALUE = r"""(?:(?P<quote>\\{0,3}["'])[^\n]*?(?:(?<!\\)(?P=quote)|(?=\n)|\Z)
    |[\[(](?:"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?|[^\])\n"'])*+[\])]?
    |[^\s"'&,;}\])]+)"""
# Words with their numbers: names of fields, tests and classes are long and mixed, too.
_WORD = r"(?:[A-Z]+|[A-Z]?[a-z]+)\d{0,4}"
_IDENTIFIER = rf"_*{_WORD}(?:_+(?:{_WORD}|\d{{1,4}})|[A-Z][a-z]{{2,}}\d{{0,4}})*_*(?![\w-])"

_NAMED = [
    # A header without quotes around its value, which may have spaces.
    rf"""(?P<kept>(?i:authorization|cookie)[\w-]{{0,20}}{_THEN})(?!\\{{0,3}}["'\[(])[^\r\n"']+""",
    rf"(?P<kept>(?<!unexpected\ )(?i:{_TELLING_PARTS})[\w-]{{0,20}}{_THEN}){_VALUE}",
    rf"(?P<kept>(?<![A-Za-z0-9_])(?i:{_TELLING_NAMES}){_THEN}){_VALUE}",
    rf"""(?P<kept>(?<![A-Za-z0-9_])(?i:{_DOUBTFUL_NAMES}){_THEN})
         (?!\\{{0,3}}["']?(?:{_ORDINARY})(?![\w.%+/=-])){_VALUE}""",
    # A pair: ("name", "value").
    rf"""(?P<kept>[(\[][bu]?\\{{0,3}}["'](?i:[\w-]{{0,40}}(?:{_TELLING_PARTS})[\w-]{{0,20}}|{_TELLING_NAMES}|{_DOUBTFUL_NAMES})
         \\{{0,3}}["'],\s{{0,3}}[bu]?(?=[\\"'])){_VALUE}""",
    r"""(?P<kept>\b(?i:bearer)\s{1,3}+)(?!\[hidden\])[^\s"',;]{6,}""",
    # Addresses that open something for whoever knows them; files of the room with the same name open nothing.
    r"""(?P<kept>(?<![\w.-])(?i:invitations|help|password\\?/reset\\?/key|confirm-email)(?:\\?/){1,9}+)
        (?![\w./-]{0,80}\.(?:py|html|txt)\b)(?![^/\s"'\\?\#&<>]{0,5}?(?:\[hidden\])+(?:[/\s"'\\?\#&<>]|\Z))[^/\s"'\\?\#&<>]{6,}""",
    r"""(?P<kept>://[^\s/@:"']{0,100}:)(?!\[hidden\])[^\s/@"']+(?=@)""",
    # celery/worker/consumer/consumer.py: the message of a task that this worker does not know.
    r"(?P<kept>message\ body\ was:\s{1,3}+|\nbody:\ )(?!\[hidden\])[^\n]+",
]
_SHAPED = rf"""
      msi_api_[0-9a-f]{{8,}}                                # our own API tokens
    | \b00D\w{{12,15}}![\w.-]+                              # Salesforce: access token
    | \b5Aep[\w.-]{{20,}}                                   # Salesforce: refresh token
    | \b[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}:[\w-]+  # Marketo: access token
    | \beyJ[\w-]{{1,300}}+\.[\w.-]+                         # JSON web token; a longer part is random enough
    | -----BEGIN\ [A-Z ]{{0,20}}PRIVATE\ KEY-----(?:[^-]|-(?!----END))*+
    | (?<![0-9a-z])[0-9a-z]{{6,7}}-[0-9a-f]{{32}}(?![0-9a-z])  # Django: resetting a password
    # secrets.token_urlsafe and signatures: small, capital and digits mixed
    | (?<![\w-])(?!{_IDENTIFIER})(?=[A-Za-z_-]*+\d)(?=[A-Z\d_-]*+[a-z])(?=[a-z\d_-]*+[A-Z])[\w-]{{24,}}
    # Django and allauth: keys of sessions, secrets of second factors
    | (?<![\w-])(?=[A-Za-z]*+\d)(?=[A-Fa-f\d]*+[G-Zg-z])(?:[a-z\d]{{32}}|[A-Z2-7]{{32}})(?![\w-])
    | (?<![\w.+-])[\w.+-][\w.+'-]{{0,63}}@[\w-]+(?:\.[\w-]+)+  # email address
"""
_SECRETS = [re.compile(pattern, re.VERBOSE) for pattern in (*_NAMED, _SHAPED)]

# Celery's texts of a task's arguments: what is in which place is known by its order, and no name says it.
_ARGUMENTS = {"args", "kwargs"}
_QUOTED = re.compile(r"""(?P<quote>["'])(?:\\.|(?!(?P=quote))[^\\])*+(?P=quote)?""", re.DOTALL)

_WRITTEN_WORD = re.compile(r"\S+")
_DELIMITERS = " \t\n\"',&;"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def redact(value: object, name: str = "") -> object:
    """
    The value that was logged under `name`, fit to be read by anybody: numbers, truth values, None and moments as they
    are, mappings, sequences and dataclasses part by part, everything else as text.
    """
    return _Redaction().clean(value, name, MAX_DEPTH)


def redact_text(text: str, limit: int = MAX_LENGTH) -> str:
    """
    The text without secrets, `limit` characters of it: of a long one with many lines, such as a traceback, the
    beginning and the end. Where percent-encoding hid a secret, the decoded word is written instead.
    """
    text = _shortened(text, 2 * limit).encode("utf-8", "backslashreplace").decode()
    hidden = _WRITTEN_WORD.sub(_decoded, _hidden(text))
    # Once more where something was hidden: it may have stood between an address and what opens it.
    return _shortened(hidden if hidden == text else _hidden(hidden), limit)


def is_secret_name(name: str) -> bool:
    """Does a name say that its value is a secret?"""
    return _SECRET_NAME.search(name) is not None


class _Redaction:
    """One run through a value: how many parts and characters may still be looked at."""

    def __init__(self) -> None:
        self._values, self._room = MAX_VALUES, MAX_LENGTH

    def clean(self, value: object, name: str, depth: int) -> object:
        self._values -= 1
        try:
            return self._clean(value, name, depth)
        except Exception:  # noqa: BLE001  texts of strangers' objects may raise anything, and a log line must not
            return f"[unreadable {type(value).__name__}]"

    def _clean(self, value: object, name: str, depth: int) -> object:
        if value is None or isinstance(value, bool | date | time | timedelta):
            return value
        if _is_secret(name, value):
            return HIDDEN
        if isinstance(value, int | float | Decimal):
            return CUT if isinstance(value, int) and value.bit_length() > _MAX_BITS else value
        if self._values < 0 or depth < 0:
            return CUT
        if name in _ARGUMENTS and not isinstance(value, Mapping):
            return _QUOTED.sub(_without_position, self._text(str(value)))
        return self._parts(value, name, depth - 1)

    def _parts(self, value: object, name: str, depth: int) -> object:
        if (pairs := _named_parts(value)) is not None:
            return self._pairs(pairs, depth)
        match value:
            case (str(key), other) if isinstance(value, tuple):
                return self._text(key), self.clean(other, key, depth)
            case tuple():
                return tuple(self._items(value, name, depth))
            case list() | set() | frozenset():
                return self._items(value, name, depth)
        return self._text(_as_text(value))

    def _pairs(self, pairs: Iterable[tuple[object, object]], depth: int) -> dict[object, object]:
        cleaned: dict[object, object] = {}
        for key, value in pairs:
            if self._values <= 0:
                return cleaned | {CUT: CUT}
            name = key if isinstance(key, str) else ""
            cleaned[key if isinstance(key, int | None) else self._text(str(key))] = self.clean(value, name, depth)
        return cleaned

    def _items(self, items: Iterable[object], name: str, depth: int) -> list[object]:
        cleaned: list[object] = []
        for item in items:
            if self._values <= 0:
                return [*cleaned, CUT]
            cleaned.append(self.clean(item, name, depth))
        return cleaned

    def _text(self, text: str) -> str:
        limit = self._room
        self._room -= min(len(text), limit)
        return redact_text(text, limit)


def _named_parts(value: Any) -> Iterable[tuple[object, object]] | None:
    """None for what has no parts with names."""
    if isinstance(value, Mapping):
        return value.items()
    if is_dataclass(value) and not isinstance(value, type):
        return ((part.name, getattr(value, part.name)) for part in fields(value) if part.repr)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return zip(value._fields, value, strict=True)
    return None


def _is_secret(name: str, value: object) -> bool:
    """By its name. A number of few digits is a count or a status, whatever its name; a longer one may be a code."""
    is_number = isinstance(value, int | float | Decimal)
    if is_secret_name(name):
        return not (is_number and _ORDINARY_VALUE.fullmatch(str(value)))
    is_doubtful = bool(_DOUBTFUL_NAME.search(name)) and isinstance(value, str | bytes | int | float | Decimal)
    return is_doubtful and not _ORDINARY_VALUE.fullmatch(str(value))


def _as_text(value: Any) -> str:
    """
    Of a request its method and address, of one to us without the query, in which people type whom they look for; of
    everything else its own text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if isinstance(method := getattr(value, "method", None), str):
        path = value.path if hasattr(value, "get_full_path") else getattr(value, "url", None)
        if isinstance(path, str):
            return f"{method} {path}"
    return str(value)


def _hidden(text: str) -> str:
    for pattern in _SECRETS:
        text = pattern.sub(_marked, text)
    return text


def _marked(found: re.Match[str]) -> str:
    groups = found.groupdict("")
    return groups.get("kept", "") + groups.get("quote", "") + HIDDEN + groups.get("quote", "")


def _decoded(found: re.Match[str]) -> str:
    """A word of a text; decoded, if that brings a secret to light, but for what would break the line."""
    word, has_secret = found[0], False
    for _ in range(MAX_DECODINGS + 1):
        decoded = unquote(word)
        if decoded == word:
            return _CONTROL.sub(lambda control: quote(control[0]), word) if has_secret else found[0]
        word = _hidden(decoded)
        has_secret = has_secret or word != decoded
    return HIDDEN


def _without_position(found: re.Match[str]) -> str:
    """A text among arguments: what has a name was judged by it, names themselves stay."""
    before, after = found.string[max(0, found.start() - 2) : found.start()], found.string[found.end() : found.end() + 1]
    has_name = before.rstrip().endswith(":") or after == ":"
    return found[0] if has_name else found["quote"] + HIDDEN + found["quote"]


def _shortened(text: str, limit: int) -> str:
    """At most `limit` characters. What is cut off begins and ends between words, so that no half secret is left."""
    if len(text) <= limit:
        return text
    room = limit - len(CUT) - 2
    if room <= 0:
        return CUT[: max(limit, 0)]
    tail = text[-(room // 2) :].partition("\n")[2]
    head = text[: room - len(tail)]
    end = max(head.rfind(delimiter) for delimiter in _DELIMITERS) + 1
    return f"{head[:end]}{CUT}" + (f"\n{tail}" if tail else "")
