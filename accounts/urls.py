"""Addresses of this room."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("language/", views.language, name="language"),
    path("settings/profile/", views.profile, name="profile"),
    path("settings/admin/teams/", views.teams, name="teams"),
    path("settings/admin/teams/<int:pk>/", views.team, name="team"),
    path("settings/admin/teams/<int:pk>/add/", views.add_to_team, name="team_add"),
    path("settings/admin/teams/<int:pk>/remove/", views.remove_from_team, name="team_remove"),
    path("settings/admin/teams/<int:pk>/delete/", views.remove_team, name="team_delete"),
]
