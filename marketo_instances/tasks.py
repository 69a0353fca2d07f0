"""
Lists of Marketo admins that are read in the background, and renewed every day.

Beat and messages that wait in a queue know these tasks by names from before this room: they stay.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from celery import shared_task

from clients.http import hurried
from common.throttling import HeldError
from connections.models import AdminReading, MarketoInstance
from connections.turns import in_their_minute, look, turn_of_instance


@shared_task(name="connections.tasks.read_admins")
def read_admins() -> None:
    """Every half minute: go on with lists of Marketo admins that are on their way."""
    for pk in AdminReading.objects.values_list("pk", flat=True):
        read_admins_on.delay(pk)


@shared_task(name="connections.tasks.read_admins_on")
def read_admins_on(reading_id: int) -> None:
    # Not at the top: this room's services queue these tasks.
    from marketo_instances.admins import read_on

    for instance in MarketoInstance.objects.filter(admin_reading=reading_id):
        _in_its_turn(instance, partial(read_on, reading_id))


@shared_task
def renew_admins() -> None:
    """Every minute: queue the lists of the instances whose minute of the hour it is."""
    for pk in in_their_minute(MarketoInstance.objects.all(), "pk").values_list("pk", flat=True):
        renew_admins_of.delay(pk)


@shared_task
def renew_admins_of(instance_id: int) -> None:
    from marketo_instances.admins import renew_marketo_admins

    for instance in MarketoInstance.objects.filter(pk=instance_id):
        _in_its_turn(instance, partial(renew_marketo_admins, instance))


def _in_its_turn(instance: MarketoInstance, take_it: Callable[[], object]) -> None:
    """An instance that no account has yet is in no account's way."""
    if instance.account_id:
        look(instance.account_id, take_it)
        return
    with suppress(HeldError), turn_of_instance(instance.pk), hurried():
        take_it()
