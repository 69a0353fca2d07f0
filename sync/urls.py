"""Addresses of this room."""

from django.urls import path

from sync.views import field_sync, people, runs

app_name = "sync"
urlpatterns = [
    path("settings/people/", people.people, name="people"),
    path("ops/sync/", runs.runs, name="runs"),
    path("ops/sync/<int:run_id>/", runs.run, name="run"),
    path("ops/sync/<int:run_id>/cancel/", runs.cancel_run, name="cancel_run"),
    path("marketo/sales-insight/actions-config/sync/", field_sync.preview, name="preview"),
]
