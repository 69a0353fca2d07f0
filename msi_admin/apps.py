"""The project as an application, so that its template tags and checks are found."""

from django.apps import AppConfig
from django.conf import settings


class MsiAdminConfig(AppConfig):
    name = "msi_admin"

    def ready(self) -> None:
        from msi_admin import checks, measures  # noqa: F401  they register themselves

        if settings.TRACES_ENDPOINT:
            from msi_admin import tracing

            tracing.start()
