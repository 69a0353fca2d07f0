"""Addresses of this room."""

from django.urls import path

from operations.views import decisions, overview, runs

app_name = "operations"
urlpatterns = [
    path("ops/", overview.overview, name="overview"),
    path("ops/sync/", runs.runs, name="runs"),
    path("ops/sync/<int:run_id>/", runs.run, name="run"),
    path("ops/sync/<int:run_id>/try-now/", runs.try_run_now, name="try_run_now"),
    path("ops/sync/<int:run_id>/cancel/", runs.cancel_run, name="cancel_run"),
    path("ops/sync/<int:run_id>/pause/", runs.pause_run, name="pause_run"),
    path("ops/sync/<int:run_id>/resume/", runs.resume_run, name="resume_run"),
    path("ops/sync/<int:run_id>/again/", runs.sync_again, name="sync_again"),
    path("ops/sync/<int:run_id>/approve/", decisions.approve_run, name="approve_run"),
    path("ops/sync/<int:run_id>/check-again/", decisions.check_run_again, name="check_run_again"),
    path("ops/sync/<int:run_id>/discard/", decisions.discard_run, name="discard_run"),
    path("ops/sync/<int:run_id>/start/", decisions.start_previewed_run, name="start_previewed_run"),
    path("ops/sync/<int:run_id>/undo/", decisions.undo_run, name="undo_run"),
    path("ops/sync/<int:run_id>/people/", decisions.people_of_run, name="people_of_run"),
    path("ops/sync/<int:run_id>/people.csv", decisions.people_of_run_csv, name="people_of_run_csv"),
    path("ops/sync/<int:run_id>/rejected-rows.csv", runs.rejected_rows, name="rejected_rows"),
]
