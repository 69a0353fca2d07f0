"""Background jobs of this room."""

from typing import Any

from celery import Task, shared_task

from accounts import emails, password_reset, retention
from accounts.audit_chain import watch_audit_trail
from accounts.models import User
from accounts.sessions import SessionStore


@shared_task
def clear_sessions() -> None:
    """Every night: delete the sessions that have expired."""
    SessionStore.clear_expired()


@shared_task
def verify_audit_trail() -> None:
    """Every night: whoever operates the console is told when the trail is no longer as it was written."""
    watch_audit_trail()


@shared_task
def trim_audit_trail() -> None:
    """Every month: let the entries go whose time is over."""
    retention.trim_audit_trail()


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_password_reset(self: Task[Any, Any], email: str, language: str, client: str = "") -> None:
    """Answer somebody who forgot their password; a mail server that does not answer is tried again for half an hour."""
    try:
        password_reset.send_password_reset(email=email, language=language, client=client)
    except OSError as error:  # smtplib's errors and the network's
        raise self.retry(exc=error, countdown=30 * 2**self.request.retries) from error


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_second_factors_reset(self: Task[Any, Any], user_id: int) -> None:
    """Tell somebody that their second factors and their password are gone."""
    for user in User.objects.filter(pk=user_id):
        try:
            emails.send_second_factors_reset(user)
        except OSError as error:
            raise self.retry(exc=error, countdown=30 * 2**self.request.retries) from error


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_guess_notice(self: Task[Any, Any], email: str) -> None:
    """Mail somebody, once a day, that many wrong passwords were tried for their address."""
    try:
        emails.send_guessed(email)
    except OSError as error:
        raise self.retry(exc=error, countdown=30 * 2**self.request.retries) from error


@shared_task(bind=True, acks_late=True, max_retries=6)
def send_sign_in_changed(self: Task[Any, Any], user_id: int, change: str) -> None:
    """Tell somebody what was changed of how they sign in; `change` is a code of emails.SignInChange."""
    for user in User.objects.filter(pk=user_id):
        try:
            emails.send_sign_in_changed(user, emails.SignInChange(change))
        except OSError as error:
            raise self.retry(exc=error, countdown=30 * 2**self.request.retries) from error
