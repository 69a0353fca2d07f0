"""Recording what happened, for those who must be told: in the transaction of whatever made it happen."""

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import F, Func, JSONField, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member, Occurrence, SalesAccount, User
from accounts.querysets import OccurrenceQuerySet
from common.events import Event


def path_for(occurrence: Occurrence, reader: User, member: Member | None) -> str:
    """
    Where this reader sees it. Whoever is no member of the account has no settings there: the ops staff see its
    Diagnostics, and the admins of its Marketo instance its runs.
    """
    account = occurrence.account
    if account is None or is_inside(account, member) or not occurrence.link.startswith("/settings/"):
        return occurrence.link or "/"
    if reader.is_ops_staff:
        return reverse("diagnostics:watched", args=[account.slug])
    return f"{reverse('operations:runs')}?account={account.slug}"


def is_inside(account: SalesAccount, member: Member | None) -> bool:
    """Is this a member of this account?"""
    return bool(member and member.account_id == account.pk)


def begin(
    event: Event,
    *,
    account: SalesAccount | None,
    subject: str = "",
    link: str = "",
    concerned: User | None = None,
    **details: Any,
) -> None:
    """
    Something has happened; as long as it goes on, the same of the same `subject` is not recorded again, but its
    details and its link are those of the last time.

    Without an account it is the operator's. `link` is the path of the page that shows it; `concerned` is told whatever
    their role is; `details` fill the gaps of the event's sentences.
    """
    going_on = Occurrence.objects.going_on().filter(account=account, event=event.key, subject=subject)
    if going_on.update(details=details, link=link):
        return
    # Where nothing ends, nothing of the end is left to be told.
    over = {} if event.over else dict.fromkeys(("ended_at", "end_told_at"), timezone.now())
    occurrence = Occurrence(
        account=account, event=event.key, subject=subject, link=link, concerned=concerned, details=details, **over
    )
    Occurrence.objects.bulk_create([occurrence], ignore_conflicts=True)


def end(event: Event, *, account: SalesAccount | None, subject: str | None = None, how: str = "") -> None:
    """It is over, if it had begun; without a `subject`, whatever it was about. `how` is a word of `event.over_by`."""
    going_on = Occurrence.objects.going_on().filter(account=account, event=event.key)
    if subject is not None:
        going_on = going_on.filter(subject=subject)
    _end(going_on, how)


def _end(occurrences: OccurrenceQuerySet, how: str) -> None:
    more = Value({"how": how} if how else {}, JSONField())
    details = Func(F("details"), more, template="(%(expressions)s)", arg_joiner=" || ")
    occurrences.update(ended_at=timezone.now(), details=details)


def drop(event: Event, *, account: SalesAccount) -> None:
    """It concerns nobody any more, if it had begun; nobody is told that it is over, which it may not be."""
    now, going_on = timezone.now(), Occurrence.objects.going_on().filter(account=account, event=event.key)
    going_on.update(begin_told_at=Coalesce("begin_told_at", now), ended_at=now, end_told_at=now)


def end_all_but(event: Event, find_going_on: Callable[[], Collection[tuple[int, str]]], how: str = "") -> None:
    """
    What of this is not found to go on, by account and subject, is over: for whoever looks at the accounts now and then.

    What is recorded is read first: whatever begins while `find_going_on` looks is none of what may end.
    """
    going_on = Occurrence.objects.going_on().filter(event=event.key)
    recorded = list(going_on.exclude(account=None).values_list("pk", "account_id", "subject"))
    found = find_going_on()
    over = [pk for pk, account_id, subject in recorded if (account_id, subject) not in found]
    _end(going_on.filter(pk__in=over), how)
