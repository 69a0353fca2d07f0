"""Describing what is linked to people: program memberships and the custom object."""

from collections.abc import Iterable
from typing import Any

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import datetime_text, success
from sandbox.marketo.instance import Instance
from sandbox.marketo.linked import PURCHASE, PURCHASE_COLUMNS, membership
from sandbox.marketo.permissions import READ_CUSTOM_OBJECTS, READ_LEADS
from sandbox.people import DAY


def routes(instance: Instance) -> list[Route]:
    objects = "/rest/v1/customobjects"
    return [
        route(instance, f"{objects}.json", READ_CUSTOM_OBJECTS, get=_objects),
        route(instance, f"{objects}/{PURCHASE}/describe.json", READ_CUSTOM_OBJECTS, get=_objects),
        route(instance, "/rest/v1/programs/members/describe.json", READ_LEADS, get=_describe_members),
    ]


async def _objects(call: MarketoCall) -> dict[str, Any]:
    described = _described(call, PURCHASE, "What a person has bought", PURCHASE_COLUMNS)
    link = {"field": "leadId", "type": "child", "relatedTo": {"name": "Lead", "field": "id"}}
    more = {"displayName": "Purchase", "idField": "marketoGUID", "relationships": [link]}
    return success(call.instance.world, [described | more])


async def _describe_members(call: MarketoCall) -> dict[str, Any]:
    program = next(iter(call.instance.lists.programs.values()))
    described = _described(call, "API Program Membership", "Memberships of programs", membership(program))
    return success(call.instance.world, [described | {"dedupeFields": ["leadId", "programId"]}])


def _described(call: MarketoCall, name: str, description: str, columns: Iterable[str]) -> dict[str, Any]:
    made = datetime_text(call.instance.world.generator.created(1) - DAY)
    return {
        "name": name,
        "description": description,
        "createdAt": made,
        "updatedAt": made,
        "dedupeFields": ["marketoGUID"],
        "searchableFields": [["leadId"]],
        "fields": [
            {"name": column, "displayName": column, "dataType": "string", "updateable": False, "crmManaged": False}
            for column in columns
        ],
    }
