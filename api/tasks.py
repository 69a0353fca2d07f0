"""Background jobs of this room."""

from celery import shared_task

from api import tokens, watch


@shared_task
def watch_api_tokens() -> None:
    """Every hour."""
    watch.watch_tokens()


@shared_task
def forget_expired_tokens() -> None:
    """Every night."""
    tokens.forget_expired()
