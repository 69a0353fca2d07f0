"""
How often passwords may be tried for one address, so that nobody guesses one and nobody locks its owner out.

From one network, or one device that has signed in before, a few times in five minutes. From everywhere together more
often, then slowly, then not at all: but a known device, a second factor, or a new password by mail still let the owner
in. Whether an address has a user makes no difference to any of it.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.models import User
from common.addresses import lookup_form
from common.places import Places
from common.throttling import hit, network_of, take_back

# Against one password tried on everybody, and against keeping the processor busy with hashing.
TRIES_OF_NETWORK, SECONDS_OF_NETWORK = 10, 60
TRIES_HERE, SECONDS_HERE = 5, 5 * 60
# Beyond the first number one try a minute for each network, beyond the second none (NIST SP 800-63B, 5.2.2: 100).
SLOW_BEYOND, SHUT_BEYOND, SECONDS_EVERYWHERE = 20, 100, 60 * 60
SECONDS_OF_SLOW_TRY = 60
DEVICE_KNOWN_SECONDS = 180 * 24 * 60 * 60
PEOPLE_PER_DEVICE = 5
# Of the threads of a web process: a password keeps a processor busy, and visitors come from many networks.
hashing = Places(lambda threads: threads // 2)
_SALT = "accounts.sign_in_limits.2"
# Keys of the session.
_NEW_PASSWORD_FOR = "new_password_for"  # noqa: S105
_DEVICE = "device"


@dataclass(frozen=True)
class Device:
    """What a browser's cookie says: who has signed in with it and by which password, by hashes, newest last."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    people: Mapping[str, str] = field(default_factory=dict)


class Attempt:
    """One try of a password; it counts until it turns out to be right."""

    def __init__(self, request: HttpRequest, email: str, address: str) -> None:
        self._person = _hash_of(email)
        self._network = _hash_of(network_of(address))
        device, mark = _device_of(request), _mark_of(User.objects.with_email(email))
        is_known = bool(mark) and device.people.get(self._person) == mark
        is_new = bool(mark) and request.session.get(_NEW_PASSWORD_FOR) == mark
        self._is_known = is_known or is_new
        self._place = (device.id if is_known else mark) if self._is_known else self._network
        self._tries = 0

    def is_too_fast(self) -> bool:
        """Count it for the network; True when no password is to be looked at for a while."""
        return hit(self._of_network, seconds=SECONDS_OF_NETWORK) > TRIES_OF_NETWORK

    def is_within_limits(self) -> bool:
        """Count it; True when a right password alone may let somebody in."""
        is_within = hit(self._here, seconds=SECONDS_HERE) <= TRIES_HERE
        if self._is_known:
            return is_within
        self._tries = hit(self._everywhere, seconds=SECONDS_EVERYWHERE)
        if self._tries > SLOW_BEYOND:
            is_turn = hit(f"sign-in-slow:{self._network}:{self._person}", seconds=SECONDS_OF_SLOW_TRY) == 1
            is_within = is_within and is_turn and self._tries <= SHUT_BEYOND
        return is_within

    @property
    def is_worth_telling(self) -> bool:
        """True once, when so many have failed that the owner should know."""
        return self._tries == SLOW_BEYOND

    def take_back(self) -> None:
        """The password was right."""
        take_back(self._of_network)
        take_back(self._here)
        if not self._is_known:
            take_back(self._everywhere)

    @property
    def _of_network(self) -> str:
        return f"sign-in-network:{self._network}"

    @property
    def _here(self) -> str:
        return f"sign-in-here:{self._place}:{self._person}"

    @property
    def _everywhere(self) -> str:
        return f"sign-in-everywhere:{self._person}"


def remember_device(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """
    Somebody has signed in with this browser: wrong passwords of others do not keep them out of it, and no other browser
    goes on with the session.
    """
    device, person = _device_of(request), _hash_of(user.email)
    request.session[_DEVICE] = device.id
    others = [other for other in device.people.items() if other[0] != person]
    people = dict([*others, (person, _mark_of(user))][-PEOPLE_PER_DEVICE:])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device.id, people], salt=_SALT),
        max_age=DEVICE_KNOWN_SECONDS,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_other_device(request: HttpRequest) -> bool:
    """
    Was the session begun with another browser than this one? The key of a session stands in the database as it is;
    whoever reads it there, or in a backup, cannot sign the cookie that goes with it.
    """
    return request.session.get(_DEVICE, "") not in ("", _device_of(request).id)


def trust_after_reset(request: HttpRequest, user: User) -> None:
    """Whoever has just used the link of the mail for forgotten passwords is the owner of the address."""
    request.session[_NEW_PASSWORD_FOR] = _mark_of(user)


def _mark_of(user: User | None) -> str:
    """
    Of a person with the password they have now; empty for nobody. A browser that knew an earlier one is a stranger's:
    a new password is what somebody chooses who has lost the old one to others.
    """
    return _hash_of(user.get_session_auth_hash()) if user else ""


def _device_of(request: HttpRequest) -> Device:
    with suppress(signing.BadSignature):
        cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
        found: Any = signing.loads(cookie, salt=_SALT, max_age=DEVICE_KNOWN_SECONDS)
        return Device(found[0], found[1])
    return Device()


def _hash_of(text: str) -> str:
    return salted_hmac(_SALT, lookup_form(text), algorithm="sha256").hexdigest()[:32]
