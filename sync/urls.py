"""Addresses of this room."""

from django.urls import path

from sync.views import field_sync, people, reconciliation, runs, why

app_name = "sync"
urlpatterns = [
    path("settings/people/", people.people, name="people"),
    path("ops/sync/", runs.runs, name="runs"),
    path("ops/sync/<int:run_id>/", runs.run, name="run"),
    path("ops/sync/<int:run_id>/cancel/", runs.cancel_run, name="cancel_run"),
    path("ops/sync/<int:run_id>/pause/", runs.pause_run, name="pause_run"),
    path("ops/sync/<int:run_id>/resume/", runs.resume_run, name="resume_run"),
    path("ops/sync/<int:run_id>/again/", runs.sync_again, name="sync_again"),
    path("ops/sync/<int:run_id>/rejected-rows.csv", runs.rejected_rows, name="rejected_rows"),
    path("ops/sync/why/", why.why, name="why"),
    path("ops/sync/reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("marketo/sales-insight/actions-config/sync/", field_sync.preview, name="preview"),
]
