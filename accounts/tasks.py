"""Regular chores of this room."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore


@shared_task
def clear_sessions() -> None:
    """Delete the sessions that have expired."""
    SessionStore.clear_expired()
