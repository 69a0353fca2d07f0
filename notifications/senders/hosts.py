"""
Which addresses messages may be posted to: public ones over https, besides what server settings allow. The name is
resolved again when the connection is made, and a private address refused there.
"""

from urllib.parse import urlsplit

from clients.hosts import ForbiddenHost
from clients.http import ProviderSession, open_public_session
from connections.services.sessions import local_origins

_LONGEST = 2_000


def check_address(text: str) -> str:
    """The address as it was typed. Raises ForbiddenHost for one that no message may be posted to."""
    origin_of(text)
    return text


def origin_of(address: str) -> str:
    """Raises ForbiddenHost."""
    parts = _split(address)
    origin = f"{parts[0]}://{parts[1]}"
    if origin in local_origins():
        return origin
    is_plain = "@" not in parts[1] and "." in parts[1] and not address.isspace()
    if parts[0] != "https" or not is_plain or len(address) > _LONGEST or not address.isascii():
        raise ForbiddenHost
    return origin


def open_session(address: str) -> ProviderSession:
    """A session that reaches the address and nothing else. Raises ForbiddenHost."""
    origin = origin_of(address)
    return open_public_session(origin, is_local=origin in local_origins())


def _split(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        # Reading the port finds out whether it is one.
        _port = parts.port
    except ValueError:
        raise ForbiddenHost from None
    return parts.scheme, parts.netloc.lower()
