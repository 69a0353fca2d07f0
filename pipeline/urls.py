"""Addresses of this room; their names are those of the sync (`msi_admin/urls.py`)."""

from django.urls import path

from pipeline import views

urlpatterns = [
    path("marketo/sales-insight/actions-config/sync/", views.preview, name="preview"),
]
