"""Every address of the console, found from the URL resolver: a new one is found by itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

ROOMS = {
    "api",
    "notifications",
    "guide",
    "accounts",
    "members",
    "connections",
    "diagnostics",
    "salesforce_package",
    "people",
    "operations",
    "sync",
    "invitations",
}
# Routes that are regular expressions, by an address that each of them matches.
BY_EXPRESSION = {
    "/^accounts/(?:3rdparty|social)/": "/accounts/3rdparty/",
    r"/accounts/^confirm-email/(?P<key>[-:\w]+)/$": "/accounts/confirm-email/key/",
    "/accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "/accounts/password/reset/key/1-key/",
}


@dataclass(frozen=True)
class Address:
    """A route; `room` is empty for what no room has: allauth's pages and those for monitoring."""

    route: str
    name: str
    room: str

    def path(self, *keys: object) -> str:
        """With the keys that the route takes, in its order; the last one stands for those that are missing, or 1."""
        given, last = iter(keys), keys[-1] if keys else 1
        return re.sub(r"<[^>]+>", lambda _: str(next(given, last)), BY_EXPRESSION.get(self.route, self.route))

    @property
    def takes_key(self) -> bool:
        return self.route not in BY_EXPRESSION and "<" in self.route


def _found(entries: Iterable[URLPattern | URLResolver], before: str = "/", room: str = "") -> Iterator[Address]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _found(entry.url_patterns, f"{before}{entry.pattern}", entry.namespace or room)
        else:
            yield Address(f"{before}{entry.pattern}", entry.name or "", room)


# Of two patterns of one route the first one answers.
_FIRST_ONES = {address.route: address for address in reversed([*_found(get_resolver().url_patterns)])}
EVERY_ADDRESS = sorted(_FIRST_ONES.values(), key=lambda address: address.route)
# Of the rooms, with 1 for every key.
ADDRESSES = sorted({address.path() for address in EVERY_ADDRESS if address.room in ROOMS})
