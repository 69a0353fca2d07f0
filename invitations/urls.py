"""Addresses of this room."""

from django.urls import path

from invitations.views import accept, invite, invite_csv, selected, users

app_name = "invitations"
urlpatterns = [
    path("invitations/<str:token>/", accept.accept, name="accept"),
    path("settings/admin/users/", users.users, name="users"),
    path("settings/admin/users/<int:pk>/remove/", users.remove, name="remove"),
    path("settings/admin/users/selected/resend/", selected.resend, name="selected_resend"),
    path("settings/admin/users/selected/revoke/", selected.revoke, name="selected_revoke"),
    path("settings/admin/users/selected/team/", selected.add_to, name="selected_team"),
    path("settings/admin/users/selected/role/", selected.set_role, name="selected_role"),
    path("settings/admin/users/invite/", invite.invite, name="invite"),
    path("settings/admin/users/invited/", invite.invited, name="invited"),
    path("settings/admin/users/invite-csv/", invite_csv.upload, name="csv_upload"),
    path("settings/admin/users/invite-csv/<int:pk>/", invite_csv.mapping, name="csv_mapping"),
    path("settings/admin/users/invite-csv/<int:pk>/report/", invite_csv.report, name="csv_report"),
    path("settings/admin/users/invite-csv/template/", invite_csv.template, name="csv_template"),
]
