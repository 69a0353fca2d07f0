"""Background jobs of this room."""

from celery import shared_task

from api import tokens


@shared_task
def forget_expired_tokens() -> None:
    """Every night."""
    tokens.forget_expired()
