"""
What happens that somebody must be told of: the rooms declare it in their `events.py`, record it when it happens
(accounts.occurrences), and the room notifications tells it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.utils.formats import localize
from django_stubs_ext import StrOrPromise

# Counts, codes and names of systems; never a person's name. Numbers are counts, so that the number of a run is a text.
Details = Mapping[str, Any]
# In the place of what is not known.
UNKNOWN = "[…]"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Message:
    """An occurrence in the reader's language: what happened, what to do, and who can do it."""

    what: str
    todo: str
    who: str


@dataclass(frozen=True)
class Event:
    """A kind of occurrence. One message is sent when it begins; if it can end, one more when it is over."""

    # The room and what happened. Receivers of webhooks know it by this.
    key: str
    # What happens, for whoever chooses: "A data sync fails".
    label: StrOrPromise
    # The message for an occurrence's details, in the language that is active.
    describe: Callable[[Details], Message]
    # The permission of those who can do something about it: they are told (accounts.permissions).
    permission: str
    # What the test button and the documentation show.
    example: Details = field(default_factory=dict)
    # How it ends, and the sentence that says so; both empty for what is over as soon as it has happened.
    ends: StrOrPromise = ""
    over: StrOrPromise = ""
    # Sentences that say more, by the `how` with which it ended; another one ends by `over`.
    over_by: Mapping[str, StrOrPromise] = field(default_factory=dict)
    # Mails and the bell say whom it concerns; chats and programs are told no names.
    names_concerned: bool = False
    # Told to nobody but the person whom it concerns.
    is_personal: bool = False
    # Told at once, also in quiet hours.
    is_urgent: bool = False
    # Told without anybody having chosen it.
    is_default: bool = True
    # May concern the operator of the console without being of any account: then the ops staff are told.
    is_for_operators: bool = False

    def ending(self, details: Details) -> str:
        """The sentence that says how it ended."""
        return filled(self.over_by.get(details.get("how", ""), self.over), details)


def sentences(*, what: StrOrPromise, todo: StrOrPromise, who: StrOrPromise) -> Callable[[Details], Message]:
    """The `describe` of an event whose texts are always the same but for gaps like {people}."""
    return lambda details: Message(filled(what, details), filled(todo, details), str(who))


class _Gaps(dict[str, str]):
    """What an older version recorded may lack what a sentence of this one names."""

    def __missing__(self, name: str) -> str:
        return UNKNOWN


def filled(text: StrOrPromise, details: Details) -> str:
    """The text with its gaps filled; counts as the reader writes numbers."""
    return str(text).format_map(_Gaps({name: localize(value) for name, value in details.items()}))


def worded(event: Event, details: Details) -> Message | None:
    """
    The message in the language that is active; None, and a line in the log, where it cannot be put into words: one row,
    such as an older version's with a code that is gone, must not take everything beside it from whoever reads.
    """
    try:
        return event.describe(details)
    except Exception:  # noqa: BLE001  whatever is wrong with it
        _log.exception("event_not_worded", key=event.key)
        return None


_EVENTS: dict[str, Event] = {}


def declare(event: Event) -> Event:
    """Take an event of a room in. ValueError for a key that another has."""
    if event.key in _EVENTS:
        raise ValueError(f"{event.key} is declared twice")
    _EVENTS[event.key] = event
    return event


def all_events() -> list[Event]:
    """Every event, by its key."""
    return sorted(_EVENTS.values(), key=lambda event: event.key)


def find_event(key: str) -> Event | None:
    """None for an event of an older version that is declared no longer."""
    return _EVENTS.get(key)
