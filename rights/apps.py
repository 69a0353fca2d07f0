"""The room as an application, so that its tasks are found and it hears of new connections."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "rights"

    def ready(self) -> None:
        from rights import signals  # noqa: F401  connects its receiver
