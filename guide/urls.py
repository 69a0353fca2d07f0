"""Addresses of the pages that look into several rooms."""

from django.urls import path

from guide.views import marketo, setup

app_name = "guide"
ACTIONS_CONFIG = "marketo/sales-insight/actions-config/"
urlpatterns = [
    path("", setup.setup, name="setup"),
    path("ask-a-salesforce-admin/<int:step>/", setup.ask, name="ask"),
    path("marketo/instance/", marketo.switch_instance, name="switch_instance"),
    path("marketo/admin/", marketo.admin, name="admin"),
    path("marketo/sales-insight/config/", marketo.config, name="config"),
    path(ACTIONS_CONFIG, marketo.actions_config, name="actions_config"),
    path(f"{ACTIONS_CONFIG}prerequisites/", marketo.check_prerequisites, name="prerequisites"),
    path(f"{ACTIONS_CONFIG}admins/", marketo.admins, name="admins"),
    path(f"{ACTIONS_CONFIG}admins/refresh/", marketo.refresh_admins, name="refresh_admins"),
    path(f"{ACTIONS_CONFIG}admins/roles/", marketo.admin_roles, name="admin_roles"),
    path(f"{ACTIONS_CONFIG}send-invite/", marketo.send_invite, name="send_invite"),
    path(f"{ACTIONS_CONFIG}invite-by-address/", marketo.invite_by_address, name="invite_by_address"),
    path(f"{ACTIONS_CONFIG}resend-invite/", marketo.resend_invite, name="resend_invite"),
    path(f"{ACTIONS_CONFIG}credentials/", marketo.credentials, name="credentials"),
]
