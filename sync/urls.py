"""Addresses of this room."""

from django.urls import path

from sync.views import schedule, settings

app_name = "sync"
urlpatterns = [
    path("settings/admin/sync/", settings.settings, name="settings"),
    path("settings/admin/sync/schedule/", schedule.schedule, name="schedule"),
]
