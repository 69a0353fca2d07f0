"""The project as an application: checks that span the rooms."""

from django.apps import AppConfig


class MsiAdminConfig(AppConfig):
    name = "msi_admin"

    def ready(self) -> None:
        from msi_admin import checks  # noqa: F401
