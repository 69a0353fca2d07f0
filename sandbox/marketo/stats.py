"""What the instance counted: calls by API user and errors by code, today and in the last seven days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.routing import Route

from sandbox.marketo.calls import Handler, MarketoCall, route
from sandbox.marketo.envelope import success
from sandbox.marketo.instance import Instance
from sandbox.marketo.limits import central_day
from sandbox.marketo.permissions import ANYBODY

Report = Callable[[Instance, date], dict[str, Any]]


def routes(instance: Instance) -> list[Route]:
    root = "/rest/v1/stats"
    return [
        route(instance, f"{root}/usage.json", ANYBODY, get=_days(_usage, 1)),
        route(instance, f"{root}/usage/last7days.json", ANYBODY, get=_days(_usage, 7)),
        route(instance, f"{root}/errors.json", ANYBODY, get=_days(_errors, 1)),
        route(instance, f"{root}/errors/last7days.json", ANYBODY, get=_days(_errors, 7)),
    ]


def _days(report: Report, days: int) -> Handler:
    """Reports of the last days, today first."""

    async def handler(call: MarketoCall) -> dict[str, Any]:
        world = call.instance.world
        today = central_day(world.clock.timestamp())
        return success(world, [report(call.instance, today - timedelta(days=back)) for back in range(days)])

    return handler


def _usage(instance: Instance, day: date) -> dict[str, Any]:
    calls = instance.limits.calls_on(day)
    users = [{"userId": user, "count": count} for user, count in calls.items()]
    return {"date": str(day), "total": sum(calls.values()), "users": users}


def _errors(instance: Instance, day: date) -> dict[str, Any]:
    counts = instance.limits.errors_on(day)
    errors = [{"errorCode": code, "count": count} for code, count in counts.items()]
    return {"date": str(day), "total": sum(counts.values()), "errors": errors}
