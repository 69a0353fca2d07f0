"""What can happen to people, in either system: created, changed, deleted, converted, re-owned and merged.

``apply`` is what the control API offers; Marketo's own write endpoints use the functions below it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.marketo import new_leads, types
from sandbox.marketo.fields import LINKEDIN, all_fields
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
    LINKEDIN: "linkedin_url",
}
"""Marketo's names of the fields that a person has as attributes; the others are among its ``extra`` values."""

_OTHER_THAN_LINKEDIN: Final = {name: attribute for name, attribute in FIELDS.items() if name != LINKEDIN}
_NAMES: Final = frozenset({"firstName", "lastName"})


def apply(world: World, body: dict[str, Any]) -> list[int]:
    """Do one action to people and answer their Marketo ids. ValueError says what is wrong with the request."""
    action = _ACTIONS.get(str(body.get("action")))
    if action is None:
        raise ValueError(f"action must be one of {', '.join(_ACTIONS)}; not {body.get('action')!r}.")
    return action(world, body)


def create(world: World, kind: Kind, fields: Mapping[str, Any], *, is_blank: bool = False) -> Person:
    """A new person with values by REST name; the other ones as for a seeded person, or empty when ``is_blank``."""
    now = int(world.clock.timestamp())
    owner_id = _owner_for(kind, world.last_id)
    person = world.generator.person(world.last_id + 1)._replace(
        kind=kind, owner_id=owner_id, marketo_owner_id=owner_id, roles=0, created=now, updated=now
    )
    if is_blank:
        fields = dict.fromkeys(attributes_by_name(world)) | dict(fields)
    person = person._replace(**_replacements(world, person, fields))
    world.store(person)
    world.log(person, types.NEW_LEAD, attributes=new_leads.attributes(person))
    return person


def change(world: World, person: Person, fields: Mapping[str, Any]) -> Person:
    """Give a person new values by REST name; what differs is logged, nothing happens when nothing does."""
    known = all_fields(world)
    different = {name: value for name, value in fields.items() if known[name].read(person) != (value or None)}
    if not different:
        return person
    changed = tuple((name, _text(value), _text(known[name].read(person))) for name, value in different.items())
    is_shown = any(not known[name].is_custom for name in different)
    after = _update(world, person, is_shown=is_shown, **_replacements(world, person, different))
    world.log(after, types.CHANGE_DATA_VALUE, fields=changed)
    return after


def delete(world: World, person: Person) -> None:
    """Delete a person in Marketo; Salesforce keeps its record."""
    _update(world, person, in_marketo=False)
    world.log(person, types.DELETE_LEAD)


def merge(world: World, winner: Person, losers: list[Person], *, in_salesforce: bool) -> None:
    """The losers leave Marketo, and perhaps Salesforce, where their records then point to the winner's."""
    for loser in losers:
        gone = _update(world, loser, in_marketo=False)
        if in_salesforce:
            _delete_in_salesforce(world, gone, winner.marketo_id)
    merged = tuple(loser.marketo_id for loser in losers)
    world.log(winner, types.MERGE_LEADS, attributes=(("Merge IDs", merged),))


def attributes_by_name(world: World) -> Mapping[str, str]:
    """As ``FIELDS``, with the name that the instance has for the LinkedIn address, if it has one."""
    linkedin = world.switches.linkedin_field
    return {**_OTHER_THAN_LINKEDIN, linkedin: FIELDS[LINKEDIN]} if linkedin else _OTHER_THAN_LINKEDIN


def _replacements(world: World, person: Person, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a person for values by REST name."""
    known = attributes_by_name(world)
    own = {known[name]: value or ("" if name in _NAMES else None) for name, value in fields.items() if name in known}
    extra = {name: value for name, value in fields.items() if name not in known}
    return own | {"extra": person.extra | extra}


def _text(value: Any) -> str | None:
    """A value as the activity log spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _owner_for(kind: Kind, number: int) -> str | None:
    if kind is Kind.QUEUE_LEAD:
        return make_id("Group", 1)
    return None if kind is Kind.MARKETO_ONLY else make_id("User", 1 + number % OWNERS)


def _update(world: World, person: Person, *, is_shown: bool = False, **values: Any) -> Person:
    """Store a person with new values; ``is_shown`` moves the time that Marketo shows, too."""
    shown = None if is_shown else person.marketo_updated
    after = person._replace(**values, updated=int(world.clock.timestamp()), shown_update=shown)
    world.store(after)
    return after


def _create(world: World, body: dict[str, Any]) -> list[int]:
    fields, count, kind = _fields(world, body), _count(body), _kind(body)
    return [create(world, kind, fields).marketo_id for _ in range(count)]


def _change(world: World, body: dict[str, Any]) -> list[int]:
    people, fields = _chosen(world, body), _fields(world, body)
    if not fields:
        raise ValueError(f"fields must name at least one field, such as {', '.join(FIELDS)}.")
    return [change(world, person, fields).marketo_id for person in people]


def _delete(world: World, body: dict[str, Any]) -> list[int]:
    people, system = _chosen(world, body), body.get("system", "marketo")
    if system not in {"marketo", "salesforce"}:
        raise ValueError(f"system must be marketo or salesforce, not {system!r}.")
    for person in people:
        if system == "marketo":
            delete(world, person)
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
        values = {"owner_id": owner_id, "marketo_owner_id": owner_id, "kind": Kind.CONVERTED}
        _update(world, person, is_shown=True, company=world.generator.company(person.account)[0], **values)
        world.log(person, types.CONVERT_LEAD)
    return _ids(people)


def _reown(world: World, body: dict[str, Any]) -> list[int]:
    people, owner_id = _chosen(world, body), _owner(body.get("owner"))
    for person in people:
        kind = _kind_with_owner(person, owner_id)
        _update(world, person, kind=kind, owner_id=owner_id, marketo_owner_id=owner_id)
        world.log(person, types.CHANGE_OWNER)
    return _ids(people)


def _owner(owner: Any) -> str:
    """Salesforce lets no lead or contact be without one."""
    known = {"user": make_id("User", 1), "queue": make_id("Group", 1)}
    if owner in known:
        return known[owner]
    for sobject in ("User", "Group"):
        number = read_id(sobject, str(owner))
        if number is not None:
            return make_id(sobject, number)
    raise ValueError(f"owner must be user, queue or the id of a user or queue, not {owner!r}.")


def _kind_with_owner(person: Person, owner_id: str) -> Kind:
    owned_by_user = read_id("User", owner_id) is not None
    if person.kind in {Kind.CONTACT, Kind.CONVERTED} and owned_by_user:
        return person.kind
    if person.kind not in {Kind.LEAD, Kind.QUEUE_LEAD}:
        raise ValueError(f"Person {person.marketo_id} ({person.kind}) cannot have that owner; only leads have a queue.")
    return Kind.LEAD if owned_by_user else Kind.QUEUE_LEAD


def _merge(world: World, body: dict[str, Any]) -> list[int]:
    winner, *losers = _chosen(world, body)
    if not losers:
        raise ValueError("ids must hold the winner and at least one other person.")
    merge(world, winner, losers, in_salesforce=True)
    return _ids([winner, *losers])


def _ids(people: list[Person]) -> list[int]:
    return [person.marketo_id for person in people]


def _chosen(world: World, body: dict[str, Any]) -> list[Person]:
    ids = body.get("ids", [body["id"]] if "id" in body else None)
    if not isinstance(ids, list) or not ids:
        raise ValueError("ids must be a list of Marketo ids.")
    people = [world.person(number) for number in map(_number, ids) if number is not None]
    found = [person for person in people if person is not None]
    if len(found) != len(ids):
        raise ValueError("Some of the ids belong to nobody in Marketo.")
    return found


def _fields(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """The values of a body by REST name."""
    given: dict[str, Any] = body.get("fields") or {}
    writable = [name for name, item in all_fields(world).items() if item.is_writable]
    if unknown := given.keys() - set(writable):
        raise ValueError(f"Unknown fields: {', '.join(sorted(unknown))}. Known: {', '.join(writable)}.")
    return given


def _count(body: dict[str, Any]) -> int:
    count = _number(body.get("count", 1))
    if count is None or not 1 <= count <= 100_000:
        raise ValueError(f"count must be a number from 1 to 100000, not {body['count']!r}.")
    return count


def _number(value: Any) -> int | None:
    """A whole number, which a form sends as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) else None


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
