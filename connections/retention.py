"""How long this room keeps what was counted."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from connections.models import ApiFailure, ApiUsage


def forget_what_is_old() -> None:
    """Delete failures that were not met again, and the usage of days long past."""
    oldest = timezone.now() - timedelta(days=settings.RECORD_DAYS)
    ApiFailure.objects.filter(last_seen_at__lt=oldest).delete()
    ApiUsage.objects.filter(day__lt=oldest.date()).delete()
