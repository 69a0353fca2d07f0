"""Addresses of this room."""

from django.urls import path

from accounts.views import audit, general, profile, teams

app_name = "accounts"
urlpatterns = [
    path("language/", profile.language, name="language"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/admin/general/", general.general, name="general"),
    path("settings/admin/teams/", teams.teams, name="teams"),
    path("settings/admin/teams/<int:pk>/", teams.team, name="team"),
    path("settings/admin/teams/<int:pk>/rename/", teams.rename_team, name="team_rename"),
    path("settings/admin/teams/<int:pk>/add/", teams.add_to_team, name="team_add"),
    path("settings/admin/teams/<int:pk>/remove/", teams.remove_from_team, name="team_remove"),
    path("settings/admin/teams/<int:pk>/delete/", teams.remove_team, name="team_delete"),
    path("settings/admin/audit/", audit.audit, name="audit"),
    path("settings/admin/audit/export/", audit.export, name="audit_export"),
]
