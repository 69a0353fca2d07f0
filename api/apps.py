"""The room as an application, so that it hears who may do less than before."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        from api import signals  # noqa: F401  connects its receiver
