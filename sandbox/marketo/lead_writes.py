"""Creating, changing, moving, deleting and merging people through Marketo's REST API."""

from collections.abc import Callable
from typing import Any, Final

from starlette.routing import Route

from sandbox import people_changes
from sandbox.marketo.calls import MarketoCall, route, whole_number
from sandbox.marketo.envelope import MarketoError, success
from sandbox.marketo.fields import known_fields
from sandbox.marketo.instance import Instance
from sandbox.marketo.leads import by_filter
from sandbox.marketo.lookups import matching_people
from sandbox.marketo.partitions import PARTITIONS, shown_person
from sandbox.marketo.permissions import READ_LEADS, WRITE_LEADS
from sandbox.people import Kind, Person
from sandbox.world import World

MOST_RECORDS: Final = 300
MOST_LOSERS: Final = 25
ACTIONS: Final = frozenset({"createOrUpdate", "createOnly", "updateOnly", "createDuplicate"})
Record = dict[str, Any]


def routes(instance: Instance) -> list[Route]:
    return [
        route(
            instance, "/rest/v1/leads.json", READ_LEADS, writes=WRITE_LEADS, get=by_filter, post=_sync, delete=_delete
        ),
        route(instance, "/rest/v1/leads/delete.json", WRITE_LEADS, post=_delete),
        route(
            instance,
            "/rest/v1/leads/partitions.json",
            READ_LEADS,
            writes=WRITE_LEADS,
            get=_partitions,
            post=_move,
        ),
        route(instance, "/rest/v1/leads/{winner}/merge.json", WRITE_LEADS, reads_body=False, post=_merge),
    ]


def skipped(code: str, message: str, **more: Any) -> Record:
    """What became of a record that nothing was done with."""
    return {**more, "status": "skipped", "reasons": [{"code": code, "message": message}]}


class _Skip(Exception):
    """One record is refused; its code and message go into the record's reasons."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def _sync(call: MarketoCall) -> dict[str, Any]:
    body = call.body if isinstance(call.body, dict) else {}
    action, lookup = body.get("action") or "createOrUpdate", body.get("lookupField") or "email"
    if action not in ACTIONS:
        raise MarketoError("1003", f"Invalid value for 'action': {action}")
    if lookup == "id" and action != "updateOnly":
        raise MarketoError("1003", "lookupField 'id' can only be used with action 'updateOnly'")
    partition = {"leadPartitionId": _partition(body["partitionName"])} if body.get("partitionName") else {}
    world = call.instance.world
    return success(world, [_sync_one(world, action, lookup, record, partition) for record in call.input(MOST_RECORDS)])


def _sync_one(world: World, action: str, lookup: str, record: Record, partition: dict[str, int]) -> Record:
    try:
        fields = _writable(world, record, lookup) | partition
        person = None if action == "createDuplicate" else _match(world, lookup, record)
        return _change(world, action, person, fields) if person else _create(world, action, fields)
    except _Skip as skip:
        return skipped(skip.code, str(skip))


def _change(world: World, action: str, person: Person, fields: Record) -> Record:
    if action == "createOnly":
        raise _Skip("1005", "Lead already exists")
    return {"id": people_changes.change(world, person, fields).marketo_id, "status": "updated"}


def _create(world: World, action: str, fields: Record) -> Record:
    if action == "updateOnly":
        raise _Skip("1004", "Lead not found")
    person = people_changes.create(world, Kind.MARKETO_ONLY, fields, is_blank=True)
    return {"id": person.marketo_id, "status": "created"}


def _match(world: World, lookup: str, record: Record) -> Person | None:
    if record.get(lookup) in (None, ""):
        raise _Skip("1003", f"Value for required field '{lookup}' not specified")
    matches = matching_people(world, lookup, [str(record[lookup])])
    if len(matches) > 1:
        raise _Skip("1007", "Multiple lead match lookup criteria")
    return matches[0] if matches else None


def _writable(world: World, record: Record, lookup: str) -> Record:
    """What a record sets. Its lookup field may be one that cannot be written, such as the id."""
    known = known_fields(world)
    for name, value in record.items():
        if name not in known:
            raise _Skip("1006", f"Field '{name}' not found")
        if not known[name].is_writable and name != lookup:
            raise _Skip("1006", f"Field '{name}' is read only")
        if value is not None and not _fits(known[name].data_type, value):
            raise _Skip("1003", f"Invalid value for field '{name}' and value '{value}'")
    return {name: value for name, value in record.items() if known[name].is_writable}


def _fits(data_type: str, value: Any) -> bool:
    if data_type == "email":
        return str(value).isascii() and (not value or "@" in str(value))
    if data_type == "boolean":
        return str(value).lower() in {"true", "false"}
    return data_type not in {"integer", "score"} or str(value).removeprefix("-").isdigit()


def _each(call: MarketoCall, act: Callable[[Person, Record], Record]) -> dict[str, Any]:
    """Do something to each person of the body's ``input``, or of the parameter ``id``."""
    world = call.instance.world
    records = [{"id": number} for number in call.values("id")] or call.input(MOST_RECORDS)
    return success(world, [_act(world, record, act) for record in records])


def _act(world: World, record: Record, act: Callable[[Person, Record], Record]) -> Record:
    number = str(record.get("id"))
    person = shown_person(world, int(number)) if number.isascii() and number.isdigit() else None
    if person is None:
        return skipped("1004", "Lead not found", id=record.get("id"))
    return {"id": person.marketo_id} | act(person, record)


async def _delete(call: MarketoCall) -> dict[str, Any]:
    def delete(person: Person, _: Record) -> Record:
        people_changes.delete(call.instance.world, person)
        return {"status": "deleted"}

    return _each(call, delete)


async def _partitions(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, [{"id": number, "name": name} for number, name in PARTITIONS.items()])


async def _move(call: MarketoCall) -> dict[str, Any]:
    def move(person: Person, record: Record) -> Record:
        partition = _partition(record.get("partitionName"))
        people_changes.change(call.instance.world, person, {"leadPartitionId": partition})
        return {"status": "updated"}

    return _each(call, move)


def _partition(name: Any) -> int:
    number = next((number for number, known in PARTITIONS.items() if known == name), None)
    if number is None:
        raise MarketoError("1008", f"Lead partition not found: {name}")
    return number


async def _merge(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    losers = call.values("leadId") or call.values("leadIds")
    if len(losers) > MOST_LOSERS:
        raise MarketoError("1080", f"Too many leads to merge. Max is {MOST_LOSERS}")
    if not losers:
        raise MarketoError("1002", "Missing value for required parameter 'leadId'")
    winner, *others = [_person(world, text) for text in (call.request.path_params["winner"], *losers)]
    in_salesforce = call.value("mergeInCRM").lower() == "true"
    people_changes.merge(world, winner, others, in_salesforce=in_salesforce)
    return success(world, None)


def _person(world: World, text: str) -> Person:
    person = shown_person(world, whole_number(text))
    if person is None:
        raise MarketoError("1004", f"Lead {text} not found")
    return person
