"""Describing and reading people one page at a time."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, success
from sandbox.marketo.fields import SEARCHABLE, known_fields, pick_fields
from sandbox.marketo.instance import Instance
from sandbox.people import Person
from sandbox.record_ids import read_id
from sandbox.world import World

DEFAULT_FIELDS: Final = ("id", "email", "updatedAt", "createdAt", "lastName", "firstName")
LARGEST_PAGE: Final = 300
MOST_MATCHES: Final = 1_000
_SEEDED_ADDRESS: Final = re.compile(r"\.(\d{1,9})@")


def routes(instance: Instance) -> list[Route]:
    return [
        route(instance, "/rest/v1/leads/describe.json", get=_describe),
        route(instance, "/rest/v1/leads/describe2.json", get=_describe2),
        route(instance, "/rest/v1/leads.json", get=_by_filter),
        route(instance, "/rest/v1/lead/{marketo_id}.json", get=_by_id),
    ]


async def _describe(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    return success(world, [item.describe() for item in known_fields(world).values()])


async def _describe2(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    known = known_fields(world)
    fields = [item.describe2() for item in known.values()]
    searchable = [[name] for name in SEARCHABLE if name in known]
    return success(world, [{"name": "API Lead", "searchableFields": searchable, "fields": fields}])


async def _by_id(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    text = call.request.path_params["marketo_id"]
    found = _people_by_id(world, [text])
    return success(world, _shown(call, found))


async def _by_filter(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    filter_type, values = call.required("filterType"), call.values("filterValues")
    call.required("filterValues")
    if len(values) > LARGEST_PAGE:
        raise MarketoError("1003", f"Too many values specified for 'filterValues'. Max is {LARGEST_PAGE}")
    if filter_type not in SEARCHABLE or filter_type not in known_fields(world):
        raise MarketoError("1011", f"Field '{filter_type}' not supported")
    matches = list(islice(_SEARCHES[filter_type](world, values), MOST_MATCHES + 1))
    if len(matches) > MOST_MATCHES:
        raise MarketoError("1003", "Too many results match the filter")
    start, size = _read_token(call.value("nextPageToken")), call.size(LARGEST_PAGE)
    more = {"nextPageToken": _make_token(start + size)} if start + size < len(matches) else {}
    return success(world, _shown(call, matches[start : start + size]), **more)


def _shown(call: MarketoCall, people: Iterable[Person]) -> list[dict[str, Any]]:
    fields = pick_fields(call.instance.world, call.values("fields") or DEFAULT_FIELDS, "1006")
    return [{item.name: item.read(person) for item in fields} for person in people]


def _make_token(position: int) -> str:
    return base64.b32encode(f"leads,{position}".encode()).decode()


def _read_token(token: str) -> int:
    """How many people earlier pages held. The position is all a token carries, so it outlives a restart."""
    if not token:
        return 0
    try:
        return int(base64.b32decode(token).decode().removeprefix("leads,"))
    except ValueError:
        raise MarketoError("1003", "Invalid nextPageToken") from None


# Searches. No index is kept: seeded addresses and record ids carry the number of their person.


def _present(world: World, numbers: Iterable[int | None]) -> Iterator[Person]:
    people = (world.person(number) for number in sorted({number for number in numbers if number}))
    return (person for person in people if person is not None)


def _people_by_id(world: World, values: list[str]) -> Iterator[Person]:
    return _present(world, (int(value) for value in values if value.isascii() and value.isdigit()))


def _people_by_email(world: World, values: list[str]) -> Iterator[Person]:
    wanted = {value.lower() for value in values}
    numbers = [int(found[1]) for value in wanted if (found := _SEEDED_ADDRESS.search(value))]
    # A seeded duplicate has the address of the person before it.
    around = chain(
        numbers, (number + 1 for number in numbers), (person.marketo_id for person in world.changed_people())
    )
    return (person for person in _present(world, around) if (person.email or "").lower() in wanted)


def _people_by_record(
    sobject: str, read: Callable[[Person], str | None]
) -> Callable[[World, list[str]], Iterator[Person]]:
    def search(world: World, values: list[str]) -> Iterator[Person]:
        wanted = {value[:15] for value in values}
        people = _present(world, (read_id(sobject, value) for value in values))
        return (person for person in people if (read(person) or "")[:15] in wanted)

    return search


def _people_by_account(world: World, values: list[str]) -> Iterator[Person]:
    accounts = {read_id("Account", value) for value in values}
    blocks = sorted({(account - 1) // 8 for account in accounts if account})
    people = chain.from_iterable(world.people(max(1, block * 64), block * 64 + 64) for block in blocks)
    return (person for person in people if person.account_id and person.account in accounts)


def _people_by_owner(world: World, values: list[str]) -> Iterator[Person]:
    wanted = {value[:15] for value in values}
    return (person for person in world.people() if (person.marketo_owner_id or "")[:15] in wanted)


_SEARCHES: Final[dict[str, Callable[[World, list[str]], Iterator[Person]]]] = {
    "id": _people_by_id,
    "email": _people_by_email,
    "sfdcLeadId": _people_by_record("Lead", lambda person: person.lead_id),
    "sfdcContactId": _people_by_record("Contact", lambda person: person.contact_id),
    "sfdcAccountId": _people_by_account,
    "sfdcLeadOwnerId": _people_by_owner,
}
