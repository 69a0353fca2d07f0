"""From what the rooms have recorded to messages: one for every receiver when it begins, and one when it is over."""

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.models import Occurrence
from common.events import Event, find_event
from notifications.audiences import Receiver, receivers_of
from notifications.handing_over import zone_of
from notifications.models import Delivery, Phase
from notifications.schedule import Habits, due_at

# In a sweep; more wait for the next.
MOST_OCCURRENCES = 100
_log = structlog.get_logger(__name__)


def write_deliveries() -> None:
    """Write the messages of everything that nobody has been told of yet, whatever is wrong with one of it."""
    written = 0
    # All of them: a hundred that cannot be told must not take the place of the others.
    for pk in Occurrence.objects.untold().order_by("pk").values_list("pk", flat=True):
        if written == MOST_OCCURRENCES:
            return
        try:
            _write(pk)
            written += 1
        except Exception:  # noqa: BLE001  whatever is wrong with it, the others must not wait; it is tried again
            _log.exception("occurrence_not_told", occurrence=pk)


@transaction.atomic
def _write(pk: int) -> None:
    untold = Occurrence.objects.untold().select_for_update(skip_locked=True, of=("self",))
    occurrence = untold.select_related("account").filter(pk=pk).first()
    if occurrence is None:  # another worker has it
        return
    event, now = find_event(occurrence.event), timezone.now()
    if event and occurrence.begin_told_at is None:
        _deliver(occurrence, event, Phase.BEGIN, receivers_of(occurrence, event))
    if event and occurrence.ended_at and occurrence.end_told_at is None:
        _deliver(occurrence, event, Phase.END, _told_of_beginning(occurrence))
    told: dict[str, datetime] = {"begin_told_at": occurrence.begin_told_at or now}
    if occurrence.ended_at:
        told["end_told_at"] = occurrence.end_told_at or now
    Occurrence.objects.filter(pk=pk).update(**told)


def _deliver(occurrence: Occurrence, event: Event, phase: Phase, receivers: list[Receiver]) -> None:
    Delivery.objects.bulk_create(
        [_delivery(occurrence, event, phase, receiver) for receiver in receivers], ignore_conflicts=True
    )


def _delivery(occurrence: Occurrence, event: Event, phase: Phase, receiver: Receiver) -> Delivery:
    channel, user = receiver.channel, receiver.user
    habits = Habits(channel.pace, channel.quiet_from, channel.quiet_until, zone_of(channel, user))
    due, digest_at = due_at(timezone.now(), habits, is_urgent=event.is_urgent)
    return Delivery(channel=channel, occurrence=occurrence, phase=phase, user=user, due_at=due, digest_at=digest_at)


def _told_of_beginning(occurrence: Occurrence) -> list[Receiver]:
    """Who has been told that it began is told that it is over, and nobody else."""
    told = Delivery.objects.filter(occurrence=occurrence, phase=Phase.BEGIN).select_related("channel", "user")
    return [Receiver(delivery.channel, delivery.user) for delivery in told]
