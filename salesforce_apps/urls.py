"""Addresses of this room; their names are those of the connections (`msi_admin/urls.py`)."""

from django.urls import path

from salesforce_apps import views

_ROOT = "settings/admin/salesforce/apps/"
urlpatterns = [
    path(_ROOT, views.salesforce_apps, name="salesforce_apps"),
    path(f"{_ROOT}<int:pk>/", views.salesforce_app, name="salesforce_app"),
    path(f"{_ROOT}<int:pk>/check/", views.check_salesforce_app, name="check_salesforce_app"),
    path(f"{_ROOT}<int:pk>/connect/", views.connect_salesforce_app, name="connect_salesforce_app"),
    path(f"{_ROOT}<int:pk>/make-key/", views.make_salesforce_key, name="make_salesforce_key"),
    path(f"{_ROOT}<int:pk>/remove/", views.remove_salesforce_app, name="remove_salesforce_app"),
    path(f"{_ROOT}certificates/<int:pk>/", views.salesforce_certificate, name="salesforce_certificate"),
]
