"""How long requests and tasks take, and how they end, for monitoring: labelled by names of ours, never by a path."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from celery.signals import task_postrun, task_prerun, task_revoked
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

REQUESTS = Histogram(
    "msi_http_request_duration_seconds",
    "Requests by the name of their route, and by the class of the answer's status.",
    ["route", "status"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TASKS = Histogram(
    "msi_task_duration_seconds",
    "Tasks of the queues by name and end.",
    ["task", "outcome"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1800),
)
DROPPED = Counter(
    "msi_tasks_dropped_total",
    "Messages that were never begun: nobody was free before they expired, or they were taken back.",
    ["task", "reason"],
)
# Of the tasks that are on their way in this process, by their ids.
_began: dict[str, float] = {}


class MeasureMiddleware:
    """The first of all, so that the others' time counts too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = monotonic()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else "none"
        REQUESTS.labels(route, f"{response.status_code // 100}xx").observe(monotonic() - began)
        return response


@task_prerun.connect
def begin_task(task_id: str, **_: Any) -> None:
    _began[task_id] = monotonic()


@task_postrun.connect
def end_task(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    began = _began.pop(task_id, None)
    if began is not None:
        TASKS.labels(task.name, (state or "unknown").lower()).observe(monotonic() - began)


@task_revoked.connect
def count_dropped(request: Any, *, expired: bool = False, **_: Any) -> None:
    DROPPED.labels(request.task, "expired" if expired else "revoked").inc()
