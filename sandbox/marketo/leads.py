"""Describing and reading people."""

from collections.abc import Iterable
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import success
from sandbox.marketo.fields import known_fields, pick_fields
from sandbox.marketo.instance import Instance
from sandbox.marketo.lookups import matching_people, searchable_names
from sandbox.marketo.paging import take_page
from sandbox.marketo.permissions import READ_LEADS, READ_SCHEMA
from sandbox.people import Person

DEFAULT_FIELDS: Final = ("id", "email", "updatedAt", "createdAt", "lastName", "firstName")


def routes(instance: Instance) -> list[Route]:
    return [
        route(instance, "/rest/v1/leads/describe.json", READ_LEADS, get=_describe),
        route(instance, "/rest/v1/leads/describe2.json", READ_LEADS, get=_describe2),
        route(instance, "/rest/v1/leads/schema/fields.json", READ_SCHEMA, get=_schema),
        route(instance, "/rest/v1/leads/schema/fields/{name}.json", READ_SCHEMA, get=_schema_of_one),
        route(instance, "/rest/v1/lead/{marketo_id}.json", READ_LEADS, get=_by_id),
    ]


async def _describe(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    return success(world, [item.describe() for item in known_fields(world).values()])


async def _describe2(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    fields = [item.describe2() for item in known_fields(world).values()]
    searchable = [[name] for name in searchable_names(world)]
    return success(world, [{"name": "API Lead", "searchableFields": searchable, "fields": fields}])


async def _schema(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    page, more = take_page(call, list(known_fields(world).values()))
    return success(world, [item.schema() for item in page], **more)


async def _schema_of_one(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    return success(world, [item.schema() for item in pick_fields(world, [call.request.path_params["name"]], "1006")])


async def _by_id(call: MarketoCall) -> dict[str, Any]:
    found = matching_people(call.instance.world, "id", [call.request.path_params["marketo_id"]])
    return success(call.instance.world, shown(call, found))


async def by_filter(call: MarketoCall) -> dict[str, Any]:
    """``GET /rest/v1/leads.json``: the people whose ``filterType`` field has one of ``filterValues``."""
    filter_type = call.required("filterType")
    call.required("filterValues")
    matches = matching_people(call.instance.world, filter_type, call.values("filterValues"))
    page, more = take_page(call, matches)
    return success(call.instance.world, shown(call, page), **more)


def shown(call: MarketoCall, people: Iterable[Person]) -> list[dict[str, Any]]:
    """The asked-for fields of people; MarketoError 1006 for an unknown one."""
    fields = pick_fields(call.instance.world, call.values("fields") or DEFAULT_FIELDS, "1006")
    return [{item.name: item.read(person) for item in fields} for person in people]
