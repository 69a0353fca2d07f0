"""Background jobs of this room."""

from collections.abc import Sequence

from celery import shared_task

from accounts import emails, password_reset, retention
from accounts.audit_chain import watch_audit_trail
from accounts.models import User
from accounts.sessions import SessionStore

# A mail server that does not answer is tried again for half an hour: after 30 seconds, then each time twice as long.
# OSError is what smtplib's errors are, and the network's.
mail_task = shared_task(
    acks_late=True,
    autoretry_for=(OSError,),
    max_retries=6,
    retry_backoff=30,
    retry_backoff_max=30 * 2**6,
    retry_jitter=False,
)


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


@mail_task
def send_password_reset(email: str, language: str, client: str = "", counted: Sequence[str] = ()) -> None:
    """Answer somebody who forgot their password, once more with what was `counted` if others were to go first."""
    waiting = password_reset.send_password_reset(email=email, language=language, client=client, counted=counted)
    if waiting:
        again = (email, language, client, waiting.counted)
        send_password_reset.apply_async(again, priority=waiting.priority)


@mail_task
def send_second_factors_reset(user_id: int) -> None:
    """Tell somebody that their second factors and their password are gone."""
    for user in User.objects.filter(pk=user_id):
        emails.send_second_factors_reset(user)


@mail_task
def send_guess_notice(email: str) -> None:
    """Mail somebody, once a day, that many wrong passwords were tried for their address."""
    emails.send_guessed(email)


@mail_task
def send_sign_in_changed(user_id: int, change: str) -> None:
    """Tell somebody what was changed of how they sign in; `change` is a code of emails.SignInChange."""
    for user in User.objects.filter(pk=user_id):
        emails.send_sign_in_changed(user, emails.SignInChange(change))
