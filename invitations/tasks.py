"""Background jobs of this room."""

from typing import Any

import structlog
from celery import Task, shared_task

from accounts.models import User
from common.queues import LATER
from invitations import delivery, emails, uploads
from invitations.models import Invitation

logger = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def send_invitation(invitation_id: int) -> None:
    """Mail one invitation; what a mail server did not take is overdue later."""
    try:
        delivery.deliver(invitation_id)
    except emails.MailError as error:
        logger.warning("invitation_not_delivered", invitation=invitation_id, problem=error.problem.value)


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_step_request(self: Task[Any, Any], user_id: int, asked_by_id: int, step: int) -> None:
    """Ask a member to do a step of the Setup guide."""
    people = User.objects.in_bulk([user_id, asked_by_id])
    if not {user_id, asked_by_id} <= people.keys():  # one of them has left since
        return
    try:
        emails.send_step_request(user=people[user_id], asked_by=people[asked_by_id], step=step)
    except emails.MailError as error:
        _try_again(self, error)


@shared_task
def watch_mails() -> None:
    """Every half minute: mails that could not be handed over are told until they could."""
    delivery.watch_mails()


@shared_task
def send_overdue_invitations() -> None:
    """Every minute: queue the mails that are to be sent by now, whatever has become of the first try."""
    for invitation_id in delivery.overdue():
        send_invitation.apply_async((invitation_id,), priority=LATER)


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_reminder(self: Task[Any, Any], invitation_id: int) -> None:
    """Remind one person of an invitation."""
    try:
        delivery.remind(invitation_id)
    except emails.MailError as error:
        _try_again(self, error)


@shared_task
def send_reminders() -> None:
    """Every hour: queue a reminder for everybody who has not accepted for three days."""
    for invitation_id in Invitation.objects.unreminded().values_list("pk", flat=True):
        send_reminder.apply_async((invitation_id,), priority=LATER)


@shared_task
def delete_outdated_uploads() -> None:
    """Every hour: files of people must not lie about."""
    uploads.delete_outdated_uploads()


@shared_task
def delete_outdated_invitations() -> None:
    """Every night: invitations that were settled long ago."""
    Invitation.objects.outdated().delete()


def _try_again(task: Task[Any, Any], error: emails.MailError) -> None:
    if not error.is_final:
        raise task.retry(exc=error, countdown=30 * 2**task.request.retries) from error
