"""Static lists and programs with their members, and the smart lists that exports can be made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.people import CONTACT_KINDS, LEAD_KINDS, Person
from sandbox.world import World

WORKSPACE: Final = "Default"


@dataclass
class MemberList:
    """A list of people: every ``every``-th seeded person (0: none), and whoever was added or removed since."""

    id: int
    name: str
    program: str | None
    every: int
    added: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)

    def holds(self, person: Person, seeded: int) -> bool:
        number = person.marketo_id
        is_seeded = bool(self.every) and number <= seeded and number % self.every == 0
        return number in self.added or (is_seeded and number not in self.removed)

    def add(self, number: int) -> None:
        self.removed.discard(number)
        self.added.add(number)

    def remove(self, number: int) -> None:
        self.added.discard(number)
        self.removed.add(number)


class Lists:
    """The lists of the instance, by id."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.static = {
            item.id: item
            for item in (
                MemberList(1001, "Trade Show Visitors", "Spring Trade Show", 10),
                MemberList(1002, "Newsletter", None, 3),
                MemberList(1003, "Import of Friday", None, 0),
                MemberList(1004, "Everybody", None, 1),
            )
        }
        self.programs = {1001: MemberList(1001, "Spring Trade Show", None, 7)}

    def members(self, found: MemberList) -> Iterator[Person]:
        """People in Marketo on a list, by ascending id."""
        seeded = self.world.settings.people
        if found.every:
            return (person for person in self.world.people() if found.holds(person, seeded))
        people = (self.world.person(number) for number in sorted(found.added))
        return (person for person in people if person is not None)

    def holds(self, found: MemberList, person: Person) -> bool:
        return found.holds(person, self.world.settings.people)

    def has_at_least(self, found: MemberList, count: int) -> bool:
        """Whether a list has so many members, without looking at more of them than needed."""
        return any(position >= count for position, _ in enumerate(self.members(found), start=1)) or count <= 0

    def dump(self) -> dict[str, Any]:
        """Changes to the lists as JSON's types, for ``load``."""
        changed = (item for item in self.static.values() if item.added or item.removed)
        return {str(item.id): {"added": sorted(item.added), "removed": sorted(item.removed)} for item in changed}

    def load(self, kept: dict[str, Any]) -> None:
        for number, members in kept.items():
            self.static[int(number)].added.update(members["added"])
            self.static[int(number)].removed.update(members["removed"])


@dataclass(frozen=True)
class SmartList:
    """A list made by its filters; one without filters cannot be exported."""

    id: int
    name: str
    matches: Callable[[Person], bool] | None


SMART_LISTS: Final = (
    SmartList(2001, "People in Salesforce", lambda person: person.kind in LEAD_KINDS | CONTACT_KINDS),
    SmartList(2002, "No E-mail Address", lambda person: person.email is None),
    SmartList(2003, "All People", None),
)
