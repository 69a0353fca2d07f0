"""The room as an application, so that what allauth reports, and what other rooms do, reaches the audit trail."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  connects its receivers

        autodiscover_modules("audit_actions")
