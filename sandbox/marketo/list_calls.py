"""The endpoints of static lists and programs."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route, whole_number
from sandbox.marketo.envelope import MarketoError, datetime_text, success
from sandbox.marketo.instance import Instance
from sandbox.marketo.lead_writes import skipped
from sandbox.marketo.leads import shown
from sandbox.marketo.lists import WORKSPACE, MemberList
from sandbox.marketo.paging import take_page
from sandbox.marketo.partitions import shown_person, shows
from sandbox.marketo.permissions import READ_LEADS, WRITE_LEADS
from sandbox.marketo.types import ADD_TO_LIST, REMOVE_FROM_LIST
from sandbox.people import Person

MOST_IDS: Final = 300


def routes(instance: Instance) -> list[Route]:
    memberships = "/rest/v1/leads/{marketo_id}/"
    return [
        route(instance, "/rest/v1/lists.json", READ_LEADS, get=_lists),
        route(instance, "/rest/v1/lists/{list_id}.json", READ_LEADS, get=_list),
        *(
            route(instance, path, READ_LEADS, writes=WRITE_LEADS, get=_members, post=_add, delete=_remove)
            for path in ("/rest/v1/list/{list_id}/leads.json", "/rest/v1/lists/{list_id}/leads.json")
        ),
        route(instance, "/rest/v1/lists/{list_id}/leads/ismember.json", READ_LEADS, get=_is_member),
        route(instance, "/rest/v1/leads/programs/{program_id}.json", READ_LEADS, get=_program_members),
        route(instance, memberships + "listMembership.json", READ_LEADS, get=_lists_of_person),
        route(instance, memberships + "programMembership.json", READ_LEADS, get=_programs_of_person),
        route(instance, memberships + "smartCampaignMembership.json", READ_LEADS, get=_campaigns_of_person),
    ]


def _record(call: MarketoCall, found: MemberList) -> dict[str, Any]:
    made = datetime_text(call.instance.world.generator.created(1))
    named = {} if found.program is None else {"programName": found.program}
    stamps = {"createdAt": made, "updatedAt": made}
    return {"id": found.id, "name": found.name, **named, "workspaceName": WORKSPACE, **stamps}


async def _lists(call: MarketoCall) -> dict[str, Any]:
    records = [_record(call, found) for found in call.instance.lists.static.values()]
    for name in ("id", "name", "programName", "workspaceName"):
        wanted = call.values(name)
        records = [record for record in records if not wanted or str(record.get(name)) in wanted]
    page, more = take_page(call, records)
    return success(call.instance.world, page, **more)


async def _list(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, [_record(call, _found(call))])


def _found(call: MarketoCall) -> MemberList:
    """The list in the path; MarketoError 1013 when there is none."""
    number = call.path_number("list_id")
    if number not in call.instance.lists.static:
        raise MarketoError("1013", f"List not found: {number}")
    return call.instance.lists.static[number]


def _shown_members(call: MarketoCall, found: MemberList) -> list[Person]:
    return list(filter(shows(call.instance.world), call.instance.lists.members(found)))


async def _members(call: MarketoCall) -> dict[str, Any]:
    page, more = take_page(call, _shown_members(call, _found(call)))
    return success(call.instance.world, shown(call, page), **more)


async def _program_members(call: MarketoCall) -> dict[str, Any]:
    program = call.instance.lists.programs.get(call.path_number("program_id"))
    if program is None:
        raise MarketoError("1013", f"Program not found: {call.request.path_params['program_id']}")
    page, more = take_page(call, _shown_members(call, program))
    memberships = [_membership(person) for person in page]
    records = [
        record | {"membership": membership} for record, membership in zip(shown(call, page), memberships, strict=True)
    ]
    return success(call.instance.world, records, **more)


def _membership(person: Person) -> dict[str, Any]:
    return {
        "progressionStatus": "Invited",
        "isExhausted": False,
        "acquiredBy": False,
        "reachedSuccess": False,
        "membershipDate": datetime_text(person.created),
    }


def _each(call: MarketoCall, act: Callable[[Person], str]) -> dict[str, Any]:
    """The status of each person of the parameter ``id``, or of the body's ``input``."""
    given = call.values("id")
    if not given:
        given = [str(record.get("id")) for record in call.input(MOST_IDS)]
    if len(given) > MOST_IDS:
        raise MarketoError("1003", f"Too many ids. Max is {MOST_IDS}")
    return success(call.instance.world, [_status(call, whole_number(text), act) for text in given])


def _status(call: MarketoCall, number: int, act: Callable[[Person], str]) -> dict[str, Any]:
    person = shown_person(call.instance.world, number)
    if person is None:
        return skipped("1004", "Lead not found", id=number)
    status = act(person)
    if status == "skipped":
        return skipped("1015", "Lead not in list", id=number)
    return {"id": number, "status": status}


async def _add(call: MarketoCall) -> dict[str, Any]:
    found = _found(call)

    def add(person: Person) -> str:
        if not call.instance.lists.holds(found, person):
            found.add(person.marketo_id)
            call.instance.world.log(person, ADD_TO_LIST, primary_value=found.name)
        return "added"

    return _each(call, add)


async def _remove(call: MarketoCall) -> dict[str, Any]:
    found = _found(call)

    def remove(person: Person) -> str:
        if not call.instance.lists.holds(found, person):
            return "skipped"
        found.remove(person.marketo_id)
        call.instance.world.log(person, REMOVE_FROM_LIST, primary_value=found.name)
        return "removed"

    return _each(call, remove)


async def _is_member(call: MarketoCall) -> dict[str, Any]:
    found = _found(call)
    call.required("id")
    return _each(call, lambda person: "memberof" if call.instance.lists.holds(found, person) else "notmemberof")


def _memberships(
    call: MarketoCall, lists: Iterable[MemberList], describe: Callable[[MemberList, Person], dict[str, Any]]
) -> dict[str, Any]:
    """What holds the person of the path (Adobe documentation, "Leads")."""
    person = shown_person(call.instance.world, call.path_number("marketo_id"))
    if person is None:
        raise MarketoError("1004", "Lead not found")
    held = [describe(found, person) for found in lists if call.instance.lists.holds(found, person)]
    page, more = take_page(call, held)
    return success(call.instance.world, page, moreResult=bool(more), **more)


async def _lists_of_person(call: MarketoCall) -> dict[str, Any]:
    def describe(found: MemberList, person: Person) -> dict[str, Any]:
        joined = datetime_text(person.created)
        return {"listId": found.id, "createdAt": joined, "updatedAt": joined}

    return _memberships(call, call.instance.lists.static.values(), describe)


async def _programs_of_person(call: MarketoCall) -> dict[str, Any]:
    def describe(found: MemberList, person: Person) -> dict[str, Any]:
        return {"id": found.id, **_membership(person), "updatedAt": datetime_text(person.created)}

    return _memberships(call, call.instance.lists.programs.values(), describe)


async def _campaigns_of_person(call: MarketoCall) -> dict[str, Any]:
    """There are no smart campaigns."""
    return _memberships(call, [], lambda _found, _person: {})
