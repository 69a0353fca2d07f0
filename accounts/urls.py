"""Addresses of this room."""

from django.urls import path

from accounts.views import audit, general, operators, profile, teams

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
    path("ops/operators/", operators.operators, name="operators"),
    path("ops/operators/grant/", operators.grant_ops, name="grant_ops"),
    path("ops/operators/revoke/", operators.revoke_ops, name="revoke_ops"),
    path("ops/test-mail/", operators.test_mail, name="test_mail"),
    path("settings/admin/audit/", audit.audit, name="audit"),
    path("settings/admin/audit/export/", audit.export, name="audit_export"),
]
