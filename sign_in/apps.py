"""The room as an application, so that the links it makes reach the audit trail."""

from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "sign_in"

    def ready(self) -> None:
        from sign_in import signals  # noqa: F401  connects its receiver
