"""What load balancers and ops staff's monitoring ask: alive, ready, figures."""

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe
from health_check.base import HealthCheck
from health_check.contrib import celery
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView
from prometheus_client import CONTENT_TYPE_LATEST
from redis.exceptions import ConnectionError as ConnectionClosed

from msi_admin.exposition import figures_of_processes, is_allowed
from operations.figures import figures_of_rows
from operations.workers import SILENT_SECONDS
from sync.queue import seconds_since_sweep


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Liveness: this process answers."""
    return HttpResponse("ok", content_type="text/plain")


def for_monitoring(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For whoever holds METRICS_TOKEN as a bearer token; open where no token is set."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not is_allowed(request.headers.get("Authorization", "")):
            raise PermissionDenied
        return view(request)

    return guarded


class Readiness(HealthCheckView):  # type: ignore[misc]
    """
    What a web process needs answers: database and Redis; otherwise 500 naming the part that does not. Not the workers:
    one of them missing must not take the site away.

    JSON also for browsers: the library's page needs styles that our security policy forbids.
    """

    checks: tuple[Any, ...] = ("health_check.Database", ("health_check.Cache", {"alias": "redis"}))

    def render_to_response(self, context: dict[str, Any], *, status: int) -> HttpResponse:
        return self.render_to_response_json(status)

    def render_to_response_json(self, status: int) -> JsonResponse:
        verdicts = {type(result.check).__name__: str(result.error or "OK") for result in self.results}
        return JsonResponse(verdicts, status=status)


@dataclasses.dataclass
class Ping(celery.Ping):  # type: ignore[misc]
    """A worker for every queue answers. Where Redis has closed the connection meanwhile, a new one is asked."""

    def run(self) -> None:
        try:
            super().run()
        except ConnectionClosed:
            super().run()


@dataclasses.dataclass
class Scheduler(HealthCheck):  # type: ignore[misc]
    """The sweep runs, which beat sends every second: without it nothing goes on by itself."""

    def run(self) -> None:
        age = seconds_since_sweep()
        if age is None or age > SILENT_SECONDS:
            raise ServiceUnavailable("no sweep" if age is None else f"the last sweep was {age:.0f} seconds ago")


class WorkerReadiness(Readiness):
    """A worker for every queue answers, and the sweep runs."""

    checks = (Ping, Scheduler)


readyz = for_monitoring(Readiness.as_view())
readyz_workers = for_monitoring(WorkerReadiness.as_view())


@for_monitoring
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures: what rows tell, and what the processes of this machine or container have counted."""
    return HttpResponse(figures_of_rows() + figures_of_processes(), content_type=CONTENT_TYPE_LATEST)
