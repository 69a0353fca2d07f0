"""The lead partitions of the instance, one for each workspace, and whose people the API user may see over REST.

A person belongs to one partition, and an API-only user sees those of its workspaces (Adobe documentation, "Custom
Services"). Bulk extracts do not ask: they hold everybody (Adobe documentation, "Bulk Extract").
"""

from collections.abc import Callable
from typing import Any, Final

from sandbox.people import Person, mix
from sandbox.switches import PARTITIONS as NAMES
from sandbox.switches import parts
from sandbox.world import World

PARTITIONS: Final = dict(enumerate(NAMES, start=1))
FIELD: Final = "leadPartitionId"
_DEFAULT: Final = 1
_NUMBERS: Final = [_DEFAULT] * 60 + [2] * 25 + [3] * 15


def partition_of(world: World, person: Person) -> Any:
    """The number of a person's partition: the one they were moved to, or else Default. Seeded people are spread over
    all partitions while the switch ``api_partitions`` names some."""
    moved = person.extra.get(FIELD)
    if moved is not None or not world.switches.api_partitions or person.marketo_id > world.settings.people:
        return moved or _DEFAULT
    return _NUMBERS[mix(world.generator.seed ^ (person.marketo_id << 24)) % 100]


def shows(world: World) -> Callable[[Person], bool]:
    """Tells the people whom REST shows from others."""
    names = parts(world.switches.api_partitions)
    if not names:
        return lambda _: True
    shown = {str(number) for number, name in PARTITIONS.items() if name in names}
    return lambda person: str(partition_of(world, person)) in shown


def shows_id(world: World) -> Callable[[int], bool]:
    """As ``shows``, for the ids of people who may have left Marketo."""
    if not world.switches.api_partitions:
        return lambda _: True
    is_shown = shows(world)

    def shows_person(number: int) -> bool:
        person = world.ever_person(number)
        return person is not None and is_shown(person)

    return shows_person


def shown_person(world: World, marketo_id: int) -> Person | None:
    """The person with this id; None when there is none, or REST does not show them."""
    person = world.person(marketo_id)
    return person if person is not None and shows(world)(person) else None
