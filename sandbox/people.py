"""Persons, each derived from (seed, id) alone, so that a world of any size starts at once and in little memory."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import product
from typing import Any, Final, NamedTuple

from sandbox.name_data import COMPANY_FIRST, COMPANY_FORM, COMPANY_SECOND, SCRIPTS, SOURCES, TITLES
from sandbox.record_ids import make_id
from sandbox.settings import Settings

DAY: Final = 86_400

OWNERS: Final = 27
"""Salesforce users 1..27 own people; the last two of them are inactive."""

QUEUES: Final = 2
LINKED: Final = 6
"""Of 64 people, so many have a LinkedIn address."""

QUIRKS: Final = 8
"""Of 160 people, so many have an odd value."""

Company = tuple[str, str]
Facts = tuple[str, str, str | None, str | None, str | None, str | None]

# A prime above every number of people, so that people times it, modulo their number, name each person once.
_STRIDE: Final = 2_147_483_647
_MASK: Final = (1 << 64) - 1


class Kind(StrEnum):
    """What Salesforce holds for a person, which decides whether the person is synced to the Sales account."""

    LEAD = "lead"
    CONTACT = "contact"
    CONVERTED = "converted"
    QUEUE_LEAD = "queue_lead"
    MARKETO_ONLY = "marketo_only"
    DELETED_LEAD = "deleted_lead"
    DELETED_CONTACT = "deleted_contact"


_SHARES: Final = {
    Kind.LEAD: 40,
    Kind.CONTACT: 36,
    Kind.CONVERTED: 3,
    Kind.QUEUE_LEAD: 6,
    Kind.MARKETO_ONLY: 13,
    Kind.DELETED_LEAD: 1,
    Kind.DELETED_CONTACT: 1,
}
_KINDS: Final = [kind for kind, share in _SHARES.items() for _ in range(share)]

LEAD_KINDS: Final = frozenset({Kind.LEAD, Kind.CONVERTED, Kind.QUEUE_LEAD, Kind.DELETED_LEAD})
CONTACT_KINDS: Final = frozenset({Kind.CONTACT, Kind.CONVERTED, Kind.DELETED_CONTACT})
DELETED_KINDS: Final = frozenset({Kind.DELETED_LEAD, Kind.DELETED_CONTACT})

_QUEUE_LEAD: Final = Kind.QUEUE_LEAD
_MARKETO_ONLY: Final = Kind.MARKETO_ONLY

ELIGIBILITY: Final = {
    Kind.LEAD: "synced",
    Kind.CONTACT: "synced",
    Kind.CONVERTED: "synced",
    Kind.QUEUE_LEAD: "queue_owner",
    Kind.MARKETO_ONLY: "not_in_salesforce",
    Kind.DELETED_LEAD: "deleted_in_salesforce",
    Kind.DELETED_CONTACT: "deleted_in_salesforce",
}


class Person(NamedTuple):
    """One person as Marketo and Salesforce both know it; times are seconds since 1970.

    ``owner_id`` is the owner in Salesforce, ``marketo_owner_id`` what Marketo stores of it (a queue only sometimes).
    ``extra`` holds values of the Marketo fields that have no attribute here, by REST name; never changed in place.
    """

    marketo_id: int
    kind: Kind
    first_name: str
    last_name: str
    email: str | None
    company: str | None
    title: str | None
    phone: str | None
    lead_source: str | None
    linkedin_url: str | None
    owner_id: str | None
    marketo_owner_id: str | None
    account: int
    roles: int
    created: int
    updated: int
    in_marketo: bool = True
    merged_into: int | None = None
    shown_update: int | None = None
    extra: dict[str, Any] = {}

    @property
    def marketo_updated(self) -> int:
        """What Marketo shows as ``updatedAt``: it stays behind when only Salesforce or custom fields change."""
        return self.updated if self.shown_update is None else self.shown_update

    @property
    def sfdc_type(self) -> str | None:
        if self.kind in CONTACT_KINDS:
            return "Contact"
        return "Lead" if self.kind in LEAD_KINDS else None

    @property
    def lead_id(self) -> str | None:
        return make_id("Lead", self.marketo_id) if self.kind in LEAD_KINDS else None

    @property
    def contact_id(self) -> str | None:
        return make_id("Contact", self.marketo_id) if self.kind in CONTACT_KINDS else None

    @property
    def account_id(self) -> str | None:
        return make_id("Account", self.account) if self.account and self.kind in CONTACT_KINDS else None


def mix(number: int) -> int:
    """64 well-spread bits for a number (the finaliser of the splitmix64 generator)."""
    number = (number * 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


def mix_all(numbers: list[int]) -> list[int]:
    """``mix`` of each, without a call for each."""
    starts = [(number * 0x9E3779B97F4A7C15) & _MASK for number in numbers]
    seconds = [((start ^ (start >> 30)) * 0xBF58476D1CE4E5B9) & _MASK for start in starts]
    thirds = [((second ^ (second >> 27)) * 0x94D049BB133111EB) & _MASK for second in seconds]
    return [third ^ (third >> 31) for third in thirds]


def odd_positions(bits: list[int]) -> list[int]:
    """Where in a list of bits are people with an odd value, an emoji in the name, or entered twice."""
    tops = [some >> 40 for some in bits]
    return [
        position
        for position, top in enumerate(tops)
        if top % 160 < QUIRKS or (top >> 8) % 50 == 0 or (top >> 12) % 200 == 0
    ]


def choose_company(bits: int) -> int:
    """The place in COMPANIES; one company in 53 has an awkward name."""
    first = (bits >> 8) % len(COMPANY_FIRST)
    if bits % 53 == 0:
        return first - len(COMPANY_FIRST)
    return (first * len(COMPANY_SECOND) + (bits >> 16) % 20) * len(COMPANY_FORM) + (bits >> 24) % 10


def _companies() -> Iterator[Company]:
    for first, second, form in product(COMPANY_FIRST, COMPANY_SECOND, COMPANY_FORM):
        yield f"{first} {second}{form}", f"{first}-{second}.example".lower()
    for first in COMPANY_FIRST:
        yield f'{first}, Sons & "Daughters"', f"{first}.example".lower()


COMPANIES: Final = list(_companies())
"""Name and mail domain of every company there can be; those with awkward names are the last."""


class PersonGenerator:
    """Makes the seeded persons and companies of one world."""

    def __init__(self, settings: Settings) -> None:
        self.seed = mix(settings.seed)
        self.size = settings.people
        self.end = (settings.epoch.toordinal() - 719_163) * DAY
        self.spread = settings.days * DAY
        self._owners = [make_id("User", 1 + number) for number in range(OWNERS)]
        self._queues = [make_id("Group", 1 + number) for number in range(QUEUES)]

    def kind(self, marketo_id: int) -> Kind:
        """The shares are exact in every hundred ids, so that small worlds hold every kind too."""
        return _KINDS[(marketo_id * 37 + self.seed) % 100]

    def created(self, marketo_id: int) -> int:
        """Ascending with the id; the whole spread is used whatever the number of people."""
        return self.end - self.spread + (marketo_id - 1) * self.spread // self.size

    def first_created_from(self, moment: float) -> int:
        """The lowest id created at ``moment`` or later."""
        offset = moment - (self.end - self.spread)
        return max(1, 1 - int(-offset * self.size // self.spread))

    def youngest_peer(self, marketo_id: int) -> int:
        """Everybody has a peer, and was last updated when the younger of the two was created: the id of that one."""
        return self.youngest_peers([marketo_id])[0]

    def youngest_peers(self, marketo_ids: Sequence[int]) -> list[int]:
        """``youngest_peer`` of each, without a call for each."""
        stride, seed, size = _STRIDE % self.size, self.seed % self.size, self.size
        peers = [(marketo_id * stride + seed) % size + 1 for marketo_id in marketo_ids]
        pairs = zip(marketo_ids, peers, strict=True)
        return [one if one > other else other for one, other in pairs]  # noqa: FURB136 (a call would take thrice as long)

    def touched_between(self, start: float, end: float) -> list[int]:
        """Ascending ids among which are all who were created or updated from start to end (seconds since 1970).

        They are at most twice as many as were created then, and cost as many steps.
        """
        first, stop = (min(self.first_created_from(moment), self.size + 1) for moment in (start, end + 1))
        young = range(first, stop)
        inverse = pow(_STRIDE, -1, self.size)
        peers = ((peer - 1 - self.seed) * inverse % self.size or self.size for peer in young)
        return sorted({*young, *peers})

    def company(self, account: int) -> Company:
        return COMPANIES[choose_company(mix(self.seed + account * 3))]

    def roles(self, marketo_id: int, kind: Kind) -> int:
        """How many opportunities name the person: none for most, one for about 8 % of contacts, two for 2 %."""
        if kind not in CONTACT_KINDS:
            return 0
        chance = mix(self.seed ^ (marketo_id << 20)) % 50
        return 2 if chance == 0 else int(chance < 5)

    def bits(self, marketo_ids: Sequence[int]) -> list[int]:
        """What everything else about people is derived from: ``mix`` of each."""
        return mix_all([self.seed ^ marketo_id for marketo_id in marketo_ids])

    def company_bits(self, accounts: range) -> list[int]:
        """What companies are derived from, by ``choose_company``."""
        return mix_all([self.seed + account * 3 for account in accounts])

    def person(self, marketo_id: int) -> Person:
        bits = mix(self.seed ^ marketo_id)
        kind = self.kind(marketo_id)
        owner_id = self._owner(kind, bits)
        return Person(
            marketo_id,
            kind,
            *self.facts(marketo_id, bits),
            SOURCES[(bits >> 3) & 7],
            f"https://www.linkedin.example/in/{marketo_id}" if bits >> 58 < LINKED else None,
            owner_id,
            None if kind is _QUEUE_LEAD and bits & 8 else owner_id,
            _account(marketo_id, bits),
            self.roles(marketo_id, kind),
            self.created(marketo_id),
            self.created(self.youngest_peer(marketo_id)),
        )

    def facts(self, marketo_id: int, bits: int) -> Facts:
        """Given name, family name, address, company, title and phone number of a person."""
        first_name, last_name, email = self._identity(marketo_id, bits)
        title = TITLES[(bits >> 6) % 18]
        company: str | None = self.company(_account(marketo_id, bits))[0]
        phone = f"+46 8 {(bits >> 12) % 900_000 + 100_000}" if bits & 0x700 else None
        quirk = (bits >> 40) % 160
        if quirk < QUIRKS:
            kind = self.kind(marketo_id)
            last_name, title, company, phone = _odd(quirk, kind, last_name, title, company, phone)
        return first_name, last_name, email, company, title, phone

    def _identity(self, marketo_id: int, bits: int) -> tuple[str, str, str | None]:
        """Given name, family name, address. One person in fifty is the one before it, entered twice."""
        if (bits >> 48) % 50 == 0 and marketo_id > 1:
            marketo_id -= 1
            bits = mix(self.seed ^ marketo_id)
        given, family = SCRIPTS[(bits >> 24) & 63]
        first, plain_first = given[(bits >> 30) % len(given)]
        last, plain_last = family[(bits >> 35) % len(family)]
        if (bits >> 52) % 200 == 0:
            first += " 🚀"
        if (bits >> 50) % 25 == 0:
            return first, last, None
        domain = self.company(_account(marketo_id, bits))[1]
        return first, last, f"{plain_first}.{plain_last}.{marketo_id}@{domain}"

    def _owner(self, kind: Kind, bits: int) -> str | None:
        if kind is _MARKETO_ONLY:
            return None
        if kind is _QUEUE_LEAD:
            return self._queues[(bits >> 9) % QUEUES]
        return self._owners[(bits >> 10) % OWNERS]


def _account(marketo_id: int, bits: int) -> int:
    """Sixty-four neighbours share eight companies, so that each company has several people."""
    return 1 + (marketo_id >> 6) * 8 + (bits & 7)


def _odd(
    quirk: int, kind: Kind, last_name: str, title: str | None, company: str | None, phone: str | None
) -> tuple[str, str | None, str | None, str | None]:
    """Values that break careless readers of CSV and SQL. A contact keeps its company, the name of its account."""
    if quirk == 0:
        return "Null", title, company, phone
    if quirk == 1:
        return "NA", title, company, phone
    if quirk == 2:
        return last_name, title, company if kind in CONTACT_KINDS else "null", phone
    if quirk == 3:
        return last_name, title, company, f"00{46_800_000 + len(last_name)}"
    odd_titles = {4: 'VP, Sales "EMEA"', 5: "Head of Sales\nNordics", 6: "Sales\u2028Manager", 7: "=1+1"}
    return last_name, odd_titles[quirk], company, phone
