"""Addresses of this room."""

from django.urls import path

from invitations.views import accept, invite, invite_csv

app_name = "invitations"
urlpatterns = [
    path("invitations/<str:token>/", accept.accept, name="accept"),
    path("settings/admin/users/invite/", invite.invite, name="invite"),
    path("settings/admin/users/invited/", invite.invited, name="invited"),
    path("settings/admin/users/invited/report/", invite.skipped_report, name="skipped_report"),
    path("settings/admin/users/invite-csv/", invite_csv.upload, name="csv_upload"),
    path("settings/admin/users/invite-csv/<int:pk>/", invite_csv.mapping, name="csv_mapping"),
    path("settings/admin/users/invite-csv/<int:pk>/report/", invite_csv.report, name="csv_report"),
    path("settings/admin/users/invite-csv/template/", invite_csv.template, name="csv_template"),
]
