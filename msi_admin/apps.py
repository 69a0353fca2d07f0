"""The project as an application, so that its template tags are found."""

from django.apps import AppConfig


class MsiAdminConfig(AppConfig):
    name = "msi_admin"
