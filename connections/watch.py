"""What can be seen of the connections from their rows, for those who must act: it begins here, or is over."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.occurrences import begin, end_all_but
from connections.events import IDLING_OUT, MARKETO_BROKEN, SALESFORCE_BROKEN, Ending
from connections.models import (
    TOKEN_IDLE_LIFETIME,
    ConnectionStatus,
    ConnectMethod,
    MarketoConnection,
    SalesforceConnection,
)

# A token is renewed every week, so by then three times have failed.
WARNED_BEFORE = timedelta(days=7)
Subjects = set[tuple[int, str]]


def watch_connections() -> None:
    """Tell of what is about to idle out, and end what works again; who disconnects has ended it already."""
    for event, rows in (
        (SALESFORCE_BROKEN, SalesforceConnection.objects.filter(member=None)),
        (MARKETO_BROKEN, MarketoConnection.objects.all()),
    ):
        end_all_but(event, partial(_broken, rows), Ending.WORKS)
    end_all_but(IDLING_OUT, _idle_tokens)


def _broken(rows: QuerySet[Any]) -> Subjects:
    broken = rows.filter(status=ConnectionStatus.NEEDS_RECONNECTING)
    return {(account_id, "") for account_id in broken.values_list("account", flat=True)}


def _idle_tokens() -> Subjects:
    last_used = timezone.now() - TOKEN_IDLE_LIFETIME + WARNED_BEFORE
    working = SalesforceConnection.objects.filter(member=None, status=ConnectionStatus.CONNECTED)
    idle = list(working.filter(method=ConnectMethod.WEB, refreshed_at__lt=last_used).select_related("account"))
    for connection in idle:
        link, days = reverse("connections:salesforce"), connection.idle_days_left
        begin(IDLING_OUT, account=connection.account, link=link, concerned=connection.connected_by, days=days)
    return {(connection.account_id, "") for connection in idle}
