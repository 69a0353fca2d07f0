"""The project as an application, so that its template tags and checks are found."""

from django.apps import AppConfig


class MsiAdminConfig(AppConfig):
    name = "msi_admin"

    def ready(self) -> None:
        from msi_admin import checks, measures  # noqa: F401  they register themselves
