"""The New Lead activities: those of seeded people are derived, as the people are; those of later ones are logged."""

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.marketo.envelope import day_text
from sandbox.marketo.types import NEW_LEAD
from sandbox.people import DAY, Person
from sandbox.world import Change, World


def attributes(person: Person) -> tuple[tuple[str, Any], ...]:
    """What the activity of somebody new says. Names and types are those of a recorded list of activity types, and
    "New lead" is a recorded source; an empty one is left out (Adobe documentation, "Activities")."""
    known = {
        "Created Date": day_text(person.created // DAY),
        "Lead Source": person.lead_source,
        "SFDC Type": person.sfdc_type,
        "Source Type": "New lead",
    }
    return tuple((name, value) for name, value in known.items() if value)


def seeded(world: World, ids: Iterable[int]) -> Iterator[Change]:
    """Of the seeded people with these ids who are still in Marketo: as they came, whatever happened to them since."""
    return (_activity(world.generator.person(number)) for number in ids if world.person(number))


def _activity(person: Person) -> Change:
    name = f"{person.first_name} {person.last_name}"
    number = person.marketo_id
    return Change(number, number, NEW_LEAD, person.created, name, attributes=attributes(person))
