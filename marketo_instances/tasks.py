"""
Lists of Marketo admins that are read in the background.

Beat and messages that wait in a queue know these tasks by names from before this room: they stay.
"""

from functools import partial

from celery import shared_task

from clients.http import hurried
from connections.models import AdminReading, MarketoInstance
from connections.turns import look


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
        if instance.account_id:
            look(instance.account_id, partial(read_on, reading_id))
            continue
        # One that no account has yet is in no account's way.
        with hurried():
            read_on(reading_id)
