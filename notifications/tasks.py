"""Background work of this room. It has a queue of its own, so that a receiver that hangs delays nothing else."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import Occurrence
from notifications import watch
from notifications.fan_out import write_deliveries
from notifications.handing_over import send_lane
from notifications.models import Delivery

# Longer than anybody asks what was told.
KEPT = timedelta(days=90)
# A message of the queue that waited longer has been sent again by a later sweep.
EXPIRES_SECONDS = 10


@shared_task(expires=EXPIRES_SECONDS)
def sweep() -> None:
    """Every five seconds: write what is to be told, and have it handed over."""
    write_deliveries()
    lanes = Delivery.objects.due().order_by("channel", "user").values_list("channel", "user").distinct()
    for channel_id, user_id in lanes:
        send_to.apply_async((channel_id, user_id), expires=EXPIRES_SECONDS)


@shared_task
def send_to(channel_id: int, user_id: int | None) -> None:
    send_lane(channel_id, user_id)


@shared_task
def watch_channels() -> None:
    """Every half minute: end what is told of channels that are gone."""
    watch.watch_channels()


@shared_task
def forget_old() -> None:
    """Every night: what is over for long is of no use to anybody."""
    Occurrence.objects.filter(ended_at__lt=timezone.now() - KEPT).delete()
