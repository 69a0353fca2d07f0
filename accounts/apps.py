"""The room as an application, so that what allauth reports reaches the audit trail."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  connects its receivers
