"""What load balancers and ops staff's monitoring ask: alive, ready, figures."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from health_check.views import HealthCheckView
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return HttpResponse("ok", content_type="text/plain")


# Readiness: database, Redis and at least one worker answer; otherwise 500 naming the part that does not.
readyz = HealthCheckView.as_view(
    checks=["health_check.Database", "health_check.Cache", ("health_check.contrib.celery.Ping", {"limit": 1})]
)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for whoever holds METRICS_TOKEN as a bearer token; open where no token is set."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and not constant_time_compare(request.headers.get("Authorization", ""), expected):
        raise PermissionDenied
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
