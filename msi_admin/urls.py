"""Addresses of the whole console; each room lists its own."""

from allauth.account.views import password_set
from allauth.mfa.totp.views import activate_totp
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.urls import include, path, re_path

import freshness.urls
import guide.urls
import marketo_instances.urls
import operations.urls
import org_moves.urls
import pipeline.urls
import rights.urls
import salesforce_apps.urls
import salesforce_orgs.urls
import sync.urls
from accounts.access import fresh_sign_in_required_to_read
from api.v1.api import api
from msi_admin import errors, health

# One page with tabs is pages of several rooms: their addresses have names of one space.
OF_CONNECTIONS = [
    *marketo_instances.urls.urlpatterns,
    *rights.urls.urlpatterns,
    *salesforce_apps.urls.urlpatterns,
    *salesforce_orgs.urls.urlpatterns,
]
OF_GUIDE = [*guide.urls.urlpatterns, *org_moves.urls.urlpatterns]
OF_OPERATIONS = [*operations.urls.urlpatterns, *freshness.urls.urlpatterns]
OF_SYNC = [*pipeline.urls.urlpatterns, *sync.urls.urlpatterns]

urlpatterns = [
    path("", include((OF_GUIDE, guide.urls.app_name))),
    path("", include("accounts.urls")),
    path("", include("members.urls")),
    path("", include("salesforce_package.urls")),
    path("", include("diagnostics.urls")),
    path("", include((OF_CONNECTIONS, "connections"))),
    path("", include("notifications.urls")),
    path("", include((OF_OPERATIONS, operations.urls.app_name))),
    path("", include("people.urls")),
    path("", include((OF_SYNC, sync.urls.app_name))),
    path("", include("api.urls")),
    path("api/v1/", api.urls),
    path("", include("invitations.urls")),
    # An address is changed by nobody here: who a person is in Marketo and in invitations hangs on it.
    path("accounts/email/", errors.page_not_found, {"exception": Http404()}),
    # Our own page links and unlinks the Salesforce user.
    re_path("^accounts/(?:3rdparty|social)/", errors.page_not_found, {"exception": Http404()}),
    # allauth asks people without a password for nothing here, and each is a lasting way in.
    path("accounts/password/set/", login_required(fresh_sign_in_required_to_read(password_set))),
    path("accounts/2fa/totp/activate/", login_required(fresh_sign_in_required_to_read(activate_totp))),
    path("accounts/", include("allauth.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("readyz/workers", health.readyz_workers, name="readyz_workers"),
    path("metrics", health.metrics, name="metrics"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
