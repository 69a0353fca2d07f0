"""What is linked to people and can be exported, too: memberships of a program, and records of a custom object."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.marketo.envelope import datetime_text
from sandbox.marketo.fields import Value, known_fields
from sandbox.marketo.lists import Lists, MemberList
from sandbox.people import Person, mix
from sandbox.world import World

LEADS: Final = "leads"
MEMBERS: Final = "program/members"
PURCHASE: Final = "purchase_c"
PURCHASES: Final = f"customobjects/{PURCHASE}"
Read = Callable[[Person], Value]
_PRODUCTS: Final = ("Starter", "Team", "Enterprise")
_PURCHASE_EVERY: Final = 5


def readers(world: World, lists: Lists, kind: str, given: Mapping[str, Any]) -> Mapping[str, Read]:
    """How the columns of an export of some kind and filter are read from a person, by name."""
    if kind == PURCHASES:
        return PURCHASE_COLUMNS
    people = {name: item.read for name, item in known_fields(world).items()}
    return people | membership(lists.programs[program_ids(given)[0]]) if kind == MEMBERS else people


def program_ids(given: Mapping[str, Any]) -> list[Any]:
    """What the filter of an export of members names."""
    ids = given.get("programIds") or [given.get("programId")]
    return ids if isinstance(ids, list) else [ids]


def has_purchase(person: Person) -> bool:
    return person.marketo_id % _PURCHASE_EVERY == 0


def membership(program: MemberList) -> dict[str, Read]:
    return {
        "leadId": lambda person: person.marketo_id,
        "programId": lambda _: program.id,
        "program": lambda _: program.name,
        "statusName": lambda _: "Invited",
        "membershipDate": lambda person: datetime_text(person.created),
        "reachedSuccess": lambda _: False,
        "acquiredBy": lambda _: False,
        "isExhausted": lambda _: False,
    }


PURCHASE_COLUMNS: Final[Mapping[str, Read]] = {
    "marketoGUID": lambda person: f"purchase-{person.marketo_id}",
    "leadId": lambda person: person.marketo_id,
    "product": lambda person: _PRODUCTS[mix(person.marketo_id) % len(_PRODUCTS)],
    "amount": lambda person: 100 + mix(person.marketo_id) % 900,
    "createdAt": lambda person: datetime_text(person.created),
    "updatedAt": lambda person: datetime_text(person.updated),
}
