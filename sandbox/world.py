"""Everything the sandbox knows: seeded people, the changes made to them, and the state of its two services."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

from sandbox import records
from sandbox.calls import CallLog
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.mailbox import Mailbox
from sandbox.people import CONTACT_KINDS, DELETED_KINDS, ELIGIBILITY, LEAD_KINDS, Kind, Person, PersonGenerator
from sandbox.record_ids import read_id
from sandbox.records import Row
from sandbox.retold import Retelling
from sandbox.settings import Settings
from sandbox.switches import Switches

KEPT_POSTS: Final = 1_000
JUMP: Final = range(101, 141)
"""Of every thousand ids, those that nobody has while the switch ``ids_jump`` is on."""

Tally = Counter[tuple[Kind, int, bool]]


@dataclass(frozen=True)
class Post:
    """One message that a chat or a program took. ``headers`` are those by which it knows a Standard Webhook."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Change:
    """One activity in Marketo's log. ``fields`` holds (name, new value, old value), ``attributes`` (name, value), where
    the value may be of any type; ``at`` is seconds since 1970."""

    number: int
    marketo_id: int
    type_id: int
    at: float
    primary_value: str
    fields: tuple[tuple[str, str | None, str | None], ...] = ()
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class CustomField:
    """A field that was added to Marketo's people; ``length`` only for text."""

    name: str
    display_name: str
    data_type: str
    length: int | None


class World:
    """One Marketo instance and one Salesforce org that are synced with each other.

    Seeded people are derived when asked for; only what was changed or created since the start is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.started = self.clock.timestamp()
        self.switches = Switches()
        # What a report of a probe told of a company: answers to be changed, and its numbers of types of activities.
        self.retellings: list[Retelling] = []
        self.type_numbers: dict[int, int] = {}
        self.calls = CallLog()
        self.faults = Faults()
        self.mailbox = Mailbox()
        self.posts: deque[Post] = deque(maxlen=KEPT_POSTS)
        self.generator = PersonGenerator(settings)
        self.changes: list[Change] = []
        self.custom_fields: list[CustomField] = []
        self.last_id = settings.people
        self._overlay: dict[int, Person] = {}
        self._missing_tally: tuple[tuple[int, bool], Tally] = ((0, False), Counter())
        self._fixed = {
            "User": records.user_rows(settings),
            "Group": records.group_rows(),
            "Organization": [records.organization_row()],
        }

    def reset(self) -> None:
        """Back to the seeded people and the real time, with an empty log, mailbox, list of calls and of posts."""
        vars(self).update(vars(World(self.settings)))

    # People

    def ids(self, start: int = 1, stop: int | None = None) -> Iterable[int]:
        """The ids with start <= id < stop that somebody has or had, ascending."""
        found = range(start, min(self.last_id + 1 if stop is None else stop, self.last_id + 1))
        return (number for number in found if not self._is_missing(number)) if self._has_missing else found

    def missing_ids(self, ids: range) -> Iterable[int]:
        """Those of some ids of seeded people that nobody has, by the switches ``first_ids_gone`` and ``ids_jump``."""
        return filter(self._is_missing, ids) if self._has_missing else ()

    @property
    def _has_missing(self) -> bool:
        return self.switches.first_ids_gone > 0 or self.switches.ids_jump

    def _is_missing(self, marketo_id: int) -> bool:
        if marketo_id > self.settings.people:
            return False
        switches = self.switches
        return marketo_id <= switches.first_ids_gone or (switches.ids_jump and marketo_id % 1_000 in JUMP)

    def people(self, start: int = 1, stop: int | None = None) -> Iterator[Person]:
        """People in Marketo with start <= id < stop, by ascending id."""
        return (person for person in self.everyone(start, stop) if person.in_marketo)

    def person(self, marketo_id: int) -> Person | None:
        """The person with this id; None when there never was one or Marketo deleted it."""
        person = self.ever_person(marketo_id)
        return person if person is not None and person.in_marketo else None

    def everyone(self, start: int = 1, stop: int | None = None) -> Iterator[Person]:
        """As ``people``, and those whom only Salesforce still holds."""
        overlay, derive = self._overlay, self.generator.person
        for marketo_id in self.ids(start, stop):
            yield overlay.get(marketo_id) or derive(marketo_id)

    def ever_person(self, marketo_id: int) -> Person | None:
        if not 1 <= marketo_id <= self.last_id or self._is_missing(marketo_id):
            return None
        return self._overlay.get(marketo_id) or self.generator.person(marketo_id)

    def changed_people(self) -> Iterator[Person]:
        """People in Marketo that are no longer as seeded, or were created later."""
        stored = (person for person in self._overlay.values() if person.in_marketo)
        return (person for person in stored if not self._is_missing(person.marketo_id))

    def stored_people(self) -> Iterator[Person]:
        """Everyone who is no longer as seeded, in Marketo or not, in the order of the first change."""
        return iter(self._overlay.values())

    def stored_ids(self) -> list[int]:
        """The ids of everyone who is no longer as seeded."""
        return list(self._overlay)

    def savepoint(self) -> Callable[[], None]:
        """What takes back all changes to people, and their activities, since it was asked for."""
        overlay, last_id, changes = dict(self._overlay), self.last_id, len(self.changes)

        def undo() -> None:
            self._overlay, self.last_id = overlay, last_id
            del self.changes[changes:]

        return undo

    def people_created_around(self, start: float, end: float) -> Iterator[Person]:
        """People in Marketo among whom are all those created from start to end (seconds since 1970, inclusive).

        Seeded people are in order of creation, so this is cheap; those created later are few and all included.
        """
        ids = self.seeded_between(start, end)
        return chain(self.people(ids.start, ids.stop) if ids else (), self.people(self.settings.people + 1))

    def seeded_between(self, start: float, end: float) -> range:
        """The ids among which are those of all seeded people created from start to end."""
        seeded_end = self.settings.people + 1
        return range(*(min(self.generator.first_created_from(moment), seeded_end) for moment in (start, end + 1)))

    def store(self, person: Person) -> None:
        self.last_id = max(self.last_id, person.marketo_id)
        self._overlay[person.marketo_id] = person

    def log(self, person: Person, type_id: int, **details: Any) -> None:
        """Append to the activity log that Marketo's change feeds read. The first numbers are those of the activities
        by which the seeded people came, which are not kept."""
        details = {"primary_value": f"{person.first_name} {person.last_name}", **details}
        number = self.settings.people + len(self.changes) + 1
        self.changes.append(Change(number, person.marketo_id, type_id, self.clock.timestamp(), **details))

    # Salesforce rows

    def salesforce_rows(self, sobject: str) -> Iterator[Row]:
        """All rows of an object by ascending id, deleted ones (``IsDeleted``) too. KeyError for an unknown object."""
        if sobject in self._fixed:
            return iter(self._fixed[sobject])
        return {
            "Lead": self._leads,
            "Contact": self._contacts,
            "Account": self._accounts,
            "Opportunity": self._opportunities,
            "OpportunityContactRole": self._roles,
        }[sobject]()

    def salesforce_row(self, sobject: str, record_id: str) -> Row | None:
        """One row by its 15- or 18-character id, deleted or not."""
        number = read_id(sobject, record_id)
        if number is None:
            return None
        if sobject in self._fixed:
            return next((row for row in self._fixed[sobject] if row["Id"][:15] == record_id[:15]), None)
        if sobject == "Account":
            return records.account_row(self.generator, number) if 1 <= number <= self._last_account else None
        if sobject in {"Opportunity", "OpportunityContactRole"}:
            return self._opportunity_part(sobject, number)
        person = self.ever_person(number)
        if person is None or person.kind not in (LEAD_KINDS if sobject == "Lead" else CONTACT_KINDS):
            return None
        return records.lead_row(person) if sobject == "Lead" else records.contact_row(person)

    def _opportunity_part(self, sobject: str, number: int) -> Row | None:
        person = self.ever_person(number // records.MOST_ROLES)
        if person is None or not records.has_roles(person) or number % records.MOST_ROLES >= person.roles:
            return None
        make = records.opportunity_row if sobject == "Opportunity" else records.role_row
        return make(person, number % records.MOST_ROLES)

    @property
    def _last_account(self) -> int:
        return 8 * ((self.last_id >> 6) + 1)

    def _leads(self) -> Iterator[Row]:
        return map(records.lead_row, self._of_kinds(LEAD_KINDS))

    def _contacts(self) -> Iterator[Row]:
        return map(records.contact_row, self._of_kinds(CONTACT_KINDS))

    def _of_kinds(self, kinds: frozenset[Kind]) -> Iterator[Person]:
        """As ``everyone``, for some kinds; the kind is cheap to derive, the rest of a person is not."""
        for marketo_id in self.ids():
            changed = self._overlay.get(marketo_id)
            if (changed.kind if changed else self.generator.kind(marketo_id)) in kinds:
                yield changed or self.generator.person(marketo_id)

    def _accounts(self) -> Iterator[Row]:
        return (records.account_row(self.generator, number) for number in range(1, self._last_account + 1))

    def _opportunities(self) -> Iterator[Row]:
        return (records.opportunity_row(person, position) for person, position in self._role_holders())

    def _roles(self) -> Iterator[Row]:
        return (records.role_row(person, position) for person, position in self._role_holders())

    def _role_holders(self) -> Iterator[tuple[Person, int]]:
        """People with a role and each role's position. Only kind and roles are derived for the people without."""
        for marketo_id in self.ids():
            changed = self._overlay.get(marketo_id)
            if changed is None and not self.generator.roles(marketo_id, self.generator.kind(marketo_id)):
                continue
            person = changed or self.generator.person(marketo_id)
            if records.has_roles(person):
                yield from ((person, position) for position in range(person.roles))

    # Counts

    def counts(self) -> dict[str, Any]:
        """Marketo persons, visible Salesforce rows by object, and people by what a sync should make of them."""
        tally = self._seeded_tally.copy()
        tally.subtract(self._tally_of_missing())
        for marketo_id, person in self._overlay.items():
            if self._is_missing(marketo_id):
                continue
            if marketo_id <= self.settings.people:
                kind = self.generator.kind(marketo_id)
                tally[kind, self.generator.roles(marketo_id, kind), True] -= 1
            tally[person.kind, person.roles, person.in_marketo] += 1
        return {
            "people": sum(count for (_, _, in_marketo), count in tally.items() if in_marketo),
            "salesforce": self._salesforce_counts(tally),
            "expected": _expected(tally),
        }

    @cached_property
    def _seeded_tally(self) -> Tally:
        return self._tally(range(1, self.settings.people + 1))

    def _tally_of_missing(self) -> Tally:
        """Of the seeded people who are missing; counted once for each setting of the switches."""
        switches = (self.switches.first_ids_gone, self.switches.ids_jump)
        if self._missing_tally[0] != switches:
            missing = self.missing_ids(range(1, self.settings.people + 1))
            self._missing_tally = (switches, self._tally(missing))
        return self._missing_tally[1]

    def _tally(self, ids: Iterable[int]) -> Tally:
        """Seeded people by kind, number of roles, and whether they are in Marketo."""
        kind, roles = self.generator.kind, self.generator.roles
        kinds = ((marketo_id, kind(marketo_id)) for marketo_id in ids)
        return Counter((found, roles(marketo_id, found), True) for marketo_id, found in kinds)

    def _salesforce_counts(self, tally: Tally) -> dict[str, int]:
        visible = {key: count for key, count in tally.items() if key[0] not in DELETED_KINDS}
        roles = sum(count * key[1] for key, count in visible.items() if key[0] in CONTACT_KINDS)
        return {
            "Lead": sum(count for key, count in visible.items() if key[0] in LEAD_KINDS),
            "Contact": sum(count for key, count in visible.items() if key[0] in CONTACT_KINDS),
            "Account": self._last_account,
            "Opportunity": roles,
            "OpportunityContactRole": roles,
            **{name: len(rows) for name, rows in self._fixed.items()},
        }


def _expected(tally: Tally) -> dict[str, int]:
    expected = dict.fromkeys(ELIGIBILITY.values(), 0)
    for (kind, _, in_marketo), count in tally.items():
        if in_marketo:
            expected[ELIGIBILITY[kind]] += count
    return expected
