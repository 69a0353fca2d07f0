"""What the control API can do to people: create, change, delete, convert, re-own and merge them."""

from collections.abc import Callable
from typing import Any, Final

from sandbox.marketo import types
from sandbox.people import CONTACT_KINDS, ELIGIBILITY, LEAD_KINDS, OWNERS, Kind, Person
from sandbox.record_ids import make_id, read_id
from sandbox.world import World

FIELDS: Final = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "company": "company",
    "title": "title",
    "phone": "phone",
    "leadSource": "lead_source",
    "linkedInProfileURL": "linkedin_url",
}


def apply(world: World, body: dict[str, Any]) -> list[int]:
    """Do one action to people and answer their Marketo ids. ValueError says what is wrong with the request."""
    action = _ACTIONS.get(str(body.get("action")))
    if action is None:
        raise ValueError(f"action must be one of {', '.join(_ACTIONS)}; not {body.get('action')!r}.")
    return action(world, body)


def _create(world: World, body: dict[str, Any]) -> list[int]:
    fields, count, kind = _fields(body), _count(body), _kind(body)
    return [_create_one(world, kind, fields) for _ in range(count)]


def _create_one(world: World, kind: Kind, fields: dict[str, Any]) -> int:
    now = int(world.clock.timestamp())
    owner_id = _owner_for(kind, world.last_id)
    person = world.deriver.person(world.last_id + 1)._replace(
        kind=kind, owner_id=owner_id, marketo_owner_id=owner_id, roles=0, created=now, updated=now, **fields
    )
    world.store(person)
    world.log(person, types.NEW_LEAD)
    return person.marketo_id


def _owner_for(kind: Kind, number: int) -> str | None:
    if kind is Kind.QUEUE_LEAD:
        return make_id("Group", 1)
    return None if kind in {Kind.MARKETO_ONLY, Kind.UNOWNED_LEAD} else make_id("User", 1 + number % OWNERS)


def _change(world: World, body: dict[str, Any]) -> list[int]:
    people, fields = _chosen(world, body), _fields(body)
    if not fields:
        raise ValueError(f"fields must name at least one of {', '.join(FIELDS)}.")
    names = {attribute: name for name, attribute in FIELDS.items()}
    for person in people:
        changed = tuple((names[key], value, getattr(person, key)) for key, value in fields.items())
        _update(world, person, **fields)
        world.log(person, types.CHANGE_DATA_VALUE, fields=changed)
    return _ids(people)


def _delete(world: World, body: dict[str, Any]) -> list[int]:
    people, system = _chosen(world, body), body.get("system", "marketo")
    if system not in {"marketo", "salesforce"}:
        raise ValueError(f"system must be marketo or salesforce, not {system!r}.")
    for person in people:
        if system == "marketo":
            _update(world, person, in_marketo=False)
            world.log(person, types.DELETE_LEAD)
        else:
            _delete_in_salesforce(world, person)
    return _ids(people)


def _delete_in_salesforce(world: World, person: Person, merged_into: int | None = None) -> None:
    if person.kind is Kind.MARKETO_ONLY:
        return
    kind = Kind.DELETED_CONTACT if person.kind in CONTACT_KINDS else Kind.DELETED_LEAD
    _update(world, person, kind=kind, merged_into=merged_into)
    world.log(person, types.DELETE_IN_SALESFORCE)


def _convert(world: World, body: dict[str, Any]) -> list[int]:
    people = _chosen(world, body)
    for person in people:
        if person.kind not in LEAD_KINDS - {Kind.CONVERTED, Kind.DELETED_LEAD}:
            raise ValueError(f"Person {person.marketo_id} is no open lead and cannot be converted.")
    for person in people:
        # Salesforce gives the contact a user as owner and the account's name as company.
        owner_id = person.owner_id if person.kind is Kind.LEAD else make_id("User", 1)
        company = world.deriver.account_name(person.account)
        _update(world, person, kind=Kind.CONVERTED, owner_id=owner_id, marketo_owner_id=owner_id, company=company)
        world.log(person, types.CONVERT_LEAD)
    return _ids(people)


def _reown(world: World, body: dict[str, Any]) -> list[int]:
    people, owner_id = _chosen(world, body), _owner(body.get("owner"))
    for person in people:
        kind = _kind_with_owner(person, owner_id)
        _update(world, person, kind=kind, owner_id=owner_id, marketo_owner_id=owner_id)
        world.log(person, types.CHANGE_OWNER)
    return _ids(people)


def _owner(owner: Any) -> str | None:
    known = {"user": make_id("User", 1), "queue": make_id("Group", 1), "none": None}
    if owner in known:
        return known[owner]
    for sobject in ("User", "Group"):
        number = read_id(sobject, str(owner))
        if number is not None:
            return make_id(sobject, number)
    raise ValueError(f"owner must be user, queue, none or the id of a user or queue, not {owner!r}.")


def _kind_with_owner(person: Person, owner_id: str | None) -> Kind:
    owned_by_user = owner_id is not None and read_id("User", owner_id) is not None
    if person.kind in {Kind.CONTACT, Kind.CONVERTED} and owned_by_user:
        return person.kind
    if person.kind not in {Kind.LEAD, Kind.QUEUE_LEAD, Kind.UNOWNED_LEAD}:
        raise ValueError(
            f"Person {person.marketo_id} ({person.kind}) cannot have that owner; only leads may have none, or a queue."
        )
    if owner_id is None:
        return Kind.UNOWNED_LEAD
    return Kind.LEAD if owned_by_user else Kind.QUEUE_LEAD


def _merge(world: World, body: dict[str, Any]) -> list[int]:
    """The first of ``ids`` wins; the others leave Marketo, and Salesforce too, pointing to the winner."""
    winner, *losers = _chosen(world, body)
    if not losers:
        raise ValueError("ids must hold the winner and at least one other person.")
    for loser in losers:
        _update(world, loser, in_marketo=False)
        _delete_in_salesforce(world, loser._replace(in_marketo=False), winner.marketo_id)
    merged = ",".join(str(loser.marketo_id) for loser in losers)
    world.log(winner, types.MERGE_LEADS, attributes=(("Merge IDs", merged),))
    return _ids([winner, *losers])


def _update(world: World, person: Person, **values: Any) -> None:
    world.store(person._replace(updated=int(world.clock.timestamp()), **values))


def _ids(people: list[Person]) -> list[int]:
    return [person.marketo_id for person in people]


def _chosen(world: World, body: dict[str, Any]) -> list[Person]:
    ids = body.get("ids", [body["id"]] if "id" in body else None)
    if not isinstance(ids, list) or not ids:
        raise ValueError("ids must be a list of Marketo ids.")
    people = [world.person(number) for number in ids if isinstance(number, int)]
    found = [person for person in people if person is not None]
    if len(found) != len(ids):
        raise ValueError("Some of the ids belong to nobody in Marketo.")
    return found


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("fields") or {}
    if unknown := given.keys() - FIELDS.keys():
        raise ValueError(f"Unknown fields: {', '.join(sorted(unknown))}. Known: {', '.join(FIELDS)}.")
    return {FIELDS[name]: value for name, value in given.items()}


def _count(body: dict[str, Any]) -> int:
    count = body.get("count", 1)
    if not isinstance(count, int) or not 1 <= count <= 100_000:
        raise ValueError(f"count must be a number from 1 to 100000, not {count!r}.")
    return count


def _kind(body: dict[str, Any]) -> Kind:
    try:
        return Kind(body.get("kind", Kind.LEAD))
    except ValueError:
        raise ValueError(f"kind must be one of {', '.join(ELIGIBILITY)}; not {body.get('kind')!r}.") from None


_ACTIONS: Final[dict[str, Callable[[World, dict[str, Any]], list[int]]]] = {
    "create": _create,
    "change": _change,
    "delete": _delete,
    "convert": _convert,
    "reown": _reown,
    "merge": _merge,
}
