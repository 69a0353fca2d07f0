"""A message in words, the same for every channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Occurrence
from common.events import Event, Message, find_event, worded
from notifications.models import Phase


@dataclass(frozen=True)
class Telling:
    """One line of a message: what began or is over, in the reader's language."""

    event: str
    phase: str
    # The Sales account by its name and its short name; empty for what concerns the operator alone.
    account: str
    slug: str
    what: str
    todo: str
    who: str
    # Of the page that shows it to the reader.
    path: str
    began_at: datetime
    ended_at: datetime | None
    # It has no end: nobody waits for anything.
    is_news: bool
    details: dict[str, Any]

    @property
    def is_over(self) -> bool:
        return self.phase == Phase.END

    @property
    def url(self) -> str:
        return settings.SITE_URL + self.path

    @property
    def title(self) -> str:
        """The account and what happened, for a subject or a heading."""
        return f"{self.account}: {self.what}" if self.account else self.what


def tell(occurrence: Occurrence, phase: str, path: str, *, names_people: bool) -> Telling | None:
    """
    An occurrence in the language that is active; None when no room knows the event any more, or it cannot be put into
    words. Only what stays among the members and the operator's staff `names_people`.
    """
    event, names = find_event(occurrence.event), {}
    if event and event.names_concerned and names_people and occurrence.concerned:
        names = {"concerned": occurrence.concerned.name_and_email}
    message = worded(event, {**occurrence.details, **names}) if event else None
    return _told(event, message, occurrence, phase, path) if event and message else None


def told(event: Event, occurrence: Occurrence, phase: str, path: str) -> Telling:
    """The same of a known event and details that are right."""
    return _told(event, event.describe(occurrence.details), occurrence, phase, path)


def _told(event: Event, message: Message, occurrence: Occurrence, phase: str, path: str) -> Telling:
    is_over = phase == Phase.END and bool(event.over)
    return Telling(
        event=event.key,
        phase=Phase.END if is_over else Phase.BEGIN,
        account=str(occurrence.account) if occurrence.account else "",
        slug=occurrence.account.slug if occurrence.account else "",
        what=event.ending(occurrence.details) if is_over else message.what,
        todo=_("Nothing more has to be done.") if is_over else message.todo,
        who="" if is_over else message.who,
        path=path,
        began_at=occurrence.began_at,
        ended_at=occurrence.ended_at,
        is_news=not event.over,
        details=occurrence.details,
    )
