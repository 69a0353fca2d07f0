"""Figures of all rooms, read from the database together: one collector, and so many queries however much there is."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error, models
from django.db.models import Count, F, Max
from django.utils import timezone
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

from common.cache import REDIS_IS_AWAY
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection, Service
from invitations.models import Invitation
from notifications.models import Channel, ChannelKind, Delivery
from operations.metrics import figures_of_redis, gauge, gauges
from operations.metrics import figures_of_rows as figures_of_syncs

# However often and by how many they are asked for: monitoring must not load the database.
KEPT_SECONDS = 10
CONNECTIONS: dict[Service, type[MarketoConnection | SalesforceConnection]] = {
    Service.MARKETO: MarketoConnection,
    Service.SALESFORCE: SalesforceConnection,
}


class ConsoleCollector(Collector):
    """
    Everything that rows tell, and Redis. While one of them is away it is what the other tells, and in any case the
    processes' own figures are wanted.
    """

    def collect(self) -> Iterator[Metric]:
        yield gauges("msi_build_info", "Which version runs; always 1.", ["version"], [([settings.VERSION], 1)])
        for figures in (_of_rows, figures_of_redis):
            with suppress(Error, *REDIS_IS_AWAY):
                yield from figures()


_REGISTRY = CollectorRegistry()
_REGISTRY.register(ConsoleCollector())


def figures_of_rows() -> bytes:
    """As they were a few seconds ago."""
    return bytes(cache.get_or_set("figures", partial(generate_latest, _REGISTRY), KEPT_SECONDS) or b"")


def _of_rows() -> Iterator[Metric]:
    yield from figures_of_syncs()
    yield from _of_connections()
    yield from _of_messages()


def _of_connections() -> Iterator[Metric]:
    states, problems = [], []
    for service, model in CONNECTIONS.items():
        rows: models.QuerySet[Any] = model._default_manager.order_by()  # noqa: SLF001 (Django documents it)
        counts = dict(rows.values_list("status").annotate(Count("pk")))
        states += [([service.value, status], counts.get(status, 0)) for status in ConnectionStatus.values]
        found = rows.exclude(problem="").values_list("problem").annotate(Count("pk"))
        problems += [([service.value, problem], number) for problem, number in found]
    labels = ["provider", "state"]
    yield gauges("msi_connections", "Connections of accounts and members by state.", labels, states)
    text = "Connections by the problem that their last call met."
    yield gauges("msi_connection_problems", text, ["provider", "problem"], problems)


def _of_messages() -> Iterator[Metric]:
    pending = Delivery.objects.pending().aggregate(number=Count("pk"), oldest=Max(timezone.now() - F("due_at")))
    yield gauge("msi_notifications_pending", "Messages that are still to be handed over.", pending["number"])
    overdue = max(0.0, pending["oldest"].total_seconds()) if pending["oldest"] else 0.0
    yield gauge("msi_notifications_overdue_seconds", "Since the longest due of them should have gone out.", overdue)
    failing = dict(Channel.objects.exclude(failing_since=None).order_by().values_list("kind").annotate(Count("pk")))
    kinds = [([kind], failing.get(kind, 0)) for kind in ChannelKind.values]
    yield gauges("msi_channels_failing", "Channels that do not take messages just now.", ["channel"], kinds)
    unsent = Invitation.objects.open().filter(sent_at=None).exclude(mail_problem="").count()
    yield gauge("msi_invitation_mails_failing", "Invitations whose mail the mail server has not taken.", unsent)
