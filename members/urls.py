"""Addresses of this room."""

from django.urls import path

from members.views import bulk_actions, owner_gaps, users

app_name = "members"
urlpatterns = [
    path("settings/admin/users/", users.users, name="users"),
    path("settings/admin/users/<int:pk>/remove/", users.remove, name="remove"),
    path("settings/admin/users/<int:pk>/second-factors/", users.second_factors, name="second_factors"),
    path("settings/admin/users/selected/resend/", bulk_actions.resend, name="selected_resend"),
    path("settings/admin/users/selected/revoke/", bulk_actions.revoke, name="selected_revoke"),
    path("settings/admin/users/selected/team/", bulk_actions.add_to, name="selected_team"),
    path("settings/admin/users/selected/role/", bulk_actions.set_role, name="selected_role"),
    path("settings/admin/users/owner-gaps/", owner_gaps.gaps, name="owner_gaps"),
]
