"""Addresses of the whole console; each room lists its own."""

from django.http import Http404
from django.urls import include, path, re_path

from msi_admin import errors, health

urlpatterns = [
    path("", include("guide.urls")),
    path("", include("accounts.urls")),
    path("", include("connections.urls")),
    path("", include("sync.urls")),
    path("", include("invitations.urls")),
    # An address is changed by nobody here: who a person is in Marketo and in invitations hangs on it.
    path("accounts/email/", errors.page_not_found, {"exception": Http404()}),
    # Our own page links and unlinks the Salesforce user.
    re_path("^accounts/(?:3rdparty|social)/", errors.page_not_found, {"exception": Http404()}),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
