"""The room as an application: what allauth reports reaches the audit trail, the rooms' actions and events are known."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  connects its receivers

        autodiscover_modules("audit_actions", "events")
