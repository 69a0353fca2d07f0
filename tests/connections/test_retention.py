"""Failures and usage of long ago are not kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import AccessDenied
from connections.models import ApiFailure, ApiUsage, Service
from connections.services.call_log import record_failure, record_usage
from connections.tasks import forget_what_is_old

pytestmark = pytest.mark.django_db


def test_only_what_is_old_goes(account: SalesAccount) -> None:
    long_ago = timezone.now() - timedelta(days=401)
    for operation in ("/old", "/new"):
        record_failure(account.pk, operation, AccessDenied("marketo", "603", "Access denied"))
    ApiFailure.objects.filter(operation="/old").update(last_seen_at=long_ago)
    record_usage(account.pk, Service.MARKETO, 1, None)
    ApiUsage.objects.update(day=long_ago.date())
    record_usage(account.pk, Service.MARKETO, 7, None)
    forget_what_is_old()
    assert [failure.operation for failure in ApiFailure.objects.all()] == ["/new"]
    assert [usage.calls for usage in ApiUsage.objects.all()] == [7]
