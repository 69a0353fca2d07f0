"""What this room does when the console starts."""

from django.apps import AppConfig
from prometheus_client import REGISTRY


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self) -> None:
        # Only now: it imports models.
        from sync.metrics import SyncCollector

        REGISTRY.register(SyncCollector())
