"""Addresses of this room; their names are those of the connections (`msi_admin/urls.py`)."""

from django.urls import path

from rights.views import rights, user_access

urlpatterns = [
    path("settings/admin/marketo/rights/", rights.marketo_rights, name="marketo_rights"),
    path("settings/admin/marketo/user-access/", user_access.user_access, name="marketo_user_access"),
    path(
        "settings/admin/marketo/user-access/<int:pk>/remove/", user_access.remove_access, name="remove_marketo_access"
    ),
    path("settings/admin/salesforce/rights/", rights.salesforce_rights, name="salesforce_rights"),
]
