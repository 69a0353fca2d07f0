"""Addresses of this room's pages; those of the API itself are in v1/api.py."""

from django.urls import path

from api import views

app_name = "api"
OPS, MEMBERS = {"is_ops": True}, {"is_ops": False}
urlpatterns = [
    path("settings/integrations/api-tokens/", views.tokens, MEMBERS, name="tokens"),
    path("settings/integrations/api-tokens/<int:pk>/revoke/", views.revoke, MEMBERS, name="revoke_token"),
    path("settings/api-tokens/", views.tokens, OPS, name="ops_tokens"),
    path("settings/api-tokens/<int:pk>/revoke/", views.revoke, OPS, name="revoke_ops_token"),
    path("ops/operators/api-tokens/<int:pk>/revoke/", views.revoke_of_ops_staff, name="revoke_of_ops_staff"),
]
