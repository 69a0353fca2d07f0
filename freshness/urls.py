"""Addresses of this room; their names are those of the operations (`msi_admin/urls.py`)."""

from django.urls import path

from freshness import views

urlpatterns = [
    path("ops/freshness/", views.freshness, name="freshness"),
    path("ops/freshness/<slug:slug>/", views.promise, name="promise"),
    path("ops/freshness.csv", views.export, name="export_freshness"),
]
