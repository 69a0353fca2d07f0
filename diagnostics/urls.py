"""Addresses of this room."""

from django.urls import path

from diagnostics.views import diagnostics, help_links

app_name = "diagnostics"
urlpatterns = [
    path("settings/integrations/diagnostics/", diagnostics.diagnostics, name="diagnostics"),
    path("settings/integrations/diagnostics/check/", diagnostics.check_now, name="check_now"),
    path("settings/integrations/diagnostics/<int:pk>/retry/", diagnostics.retry_failure, name="retry_failure"),
    path("ops/accounts/<slug:slug>/diagnostics/", diagnostics.watched, name="watched"),
    path("settings/integrations/help-link/", help_links.ask_for_help, name="ask_for_help"),
    path("help/<str:token>/", help_links.help_page, name="help"),
]
