"""Finding people by a field's value. No index is kept: seeded addresses and record ids carry their person's number."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Final

from sandbox.marketo.envelope import MarketoError
from sandbox.marketo.fields import known_fields
from sandbox.marketo.partitions import partition_of, shows
from sandbox.people import Person
from sandbox.record_ids import read_id
from sandbox.world import World

LARGEST_PAGE: Final = 300
MOST_MATCHES: Final = 1_000
_SEEDED_ADDRESS: Final = re.compile(r"\.(\d{1,9})@")
Search = Callable[[World, list[str]], Iterator[Person]]


def searchable_names(world: World) -> list[str]:
    """What people can be looked up by: the standard keys, and custom fields of some types."""
    known = known_fields(world)
    standard = (name for name in _SEARCHES if name in known or name in _KEYS_OF_NO_FIELD)
    kinds = ("string", "email", "integer")
    return [*standard, *(item.name for item in known.values() if item.is_custom and item.data_type in kinds)]


def matching_people(world: World, name: str, values: list[str]) -> list[Person]:
    """Shown people whose field ``name`` has one of the values, by id. MarketoError 1011, or 1003 for too many."""
    if len(values) > LARGEST_PAGE:
        raise MarketoError("1003", f"Too many values specified for 'filterValues'. Max is {LARGEST_PAGE}")
    if name not in searchable_names(world):
        raise MarketoError("1011", f"Field '{name}' not supported")
    search = _SEARCHES.get(name) or _people_by_extra(name)
    matches = list(islice(filter(shows(world), search(world, values)), MOST_MATCHES + 1))
    if len(matches) > MOST_MATCHES:
        raise MarketoError("1003", "Too many results match the filter")
    return matches


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


def _people_by_record(sobject: str, read: Callable[[Person], str | None]) -> Search:
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


def _people_by_opportunity(world: World, values: list[str]) -> Iterator[Person]:
    rows = (world.salesforce_row("Opportunity", value) for value in values)
    numbers = (read_id("Opportunity", row["Id"]) for row in rows if row is not None)
    return _present(world, (number // 2 for number in numbers if number))


def _people_by_owner(world: World, values: list[str]) -> Iterator[Person]:
    wanted = {value[:15] for value in values}
    return (person for person in world.people() if (person.marketo_owner_id or "")[:15] in wanted)


def _people_by_partition(world: World, values: list[str]) -> Iterator[Person]:
    return (person for person in world.people() if str(partition_of(world, person)) in values)


def _people_by_extra(name: str) -> Search:
    """Seeded people have no such value, so only changed ones are looked at."""

    def search(world: World, values: list[str]) -> Iterator[Person]:
        wanted = {value.lower() for value in values}
        changed = sorted(world.changed_people(), key=lambda person: person.marketo_id)
        return (person for person in changed if str(person.extra.get(name, "")).lower() in wanted)

    return search


def _nobody(_: World, __: list[str]) -> Iterator[Person]:
    return iter(())


# The standard lookup keys of Adobe's page "Get Leads by Filter Type". Nobody here has a cookie or a social identity.
_KEYS_OF_NO_FIELD: Final = frozenset({"cookies", "facebookId", "linkedInId", "twitterId", "sfdcOpptyId"})
_SEARCHES: Final[dict[str, Search]] = {
    "id": _people_by_id,
    "email": _people_by_email,
    "cookies": _nobody,
    "leadPartitionId": _people_by_partition,
    "facebookId": _nobody,
    "linkedInId": _nobody,
    "twitterId": _nobody,
    "sfdcAccountId": _people_by_account,
    "sfdcContactId": _people_by_record("Contact", lambda person: person.contact_id),
    "sfdcLeadId": _people_by_record("Lead", lambda person: person.lead_id),
    "sfdcLeadOwnerId": _people_by_owner,
    "sfdcOpptyId": _people_by_opportunity,
}
