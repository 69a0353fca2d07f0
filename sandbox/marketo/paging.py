"""Pages by position, with tokens that carry the position and what they were asked for."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from sandbox.marketo.calls import MarketoCall
from sandbox.marketo.envelope import MarketoError

Item = TypeVar("Item")
LARGEST_PAGE: Final = 300


def take_page(call: MarketoCall, items: Sequence[Item]) -> tuple[list[Item], dict[str, Any]]:
    """One page, and the envelope's ``nextPageToken`` when more items remain. MarketoError 1003 for a bad token."""
    start, size = _read_token(call), call.size(LARGEST_PAGE)
    more = {"nextPageToken": _make_token(call, start + size)} if start + size < len(items) else {}
    return list(items[start : start + size]), more


def _make_token(call: MarketoCall, position: int) -> str:
    # Ten digits keep the Base32 padding that clients must encode.
    return base64.b32encode(f"{_fingerprint(call)},{position:010d}".encode()).decode()


def _read_token(call: MarketoCall) -> int:
    """How many items earlier pages held. A token holds all it needs, so it outlives a restart."""
    token = call.value("nextPageToken")
    if not token:
        return 0
    try:
        asked, position = base64.b32decode(token).decode().split(",")
    except ValueError:
        raise MarketoError("1003", "Invalid nextPageToken") from None
    if asked != _fingerprint(call) or not position.isdigit():
        raise MarketoError("1003", "Invalid nextPageToken")
    return int(position)


def _fingerprint(call: MarketoCall) -> str:
    """Tells the queries apart; the page size may change between pages."""
    asked = {name: call.values(name) for name in sorted(call.parameters)}
    for name in ("nextPageToken", "batchSize", "_method", "access_token"):
        asked.pop(name, None)
    return hashlib.sha256(f"{call.request.url.path}{asked}".encode()).hexdigest()[:8]
