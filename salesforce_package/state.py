"""The checklist of steps 6 and 7 as pages show it: what checks found, what people ticked, and what it adds up to."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import SalesAccount
from connections.models import MarketoInstance, SalesforceConnection
from connections.orgs import CopiedOrg
from diagnostics.help_links import Part
from problems.codes import ProblemCode
from problems.messages import PROBLEMS
from problems.problem import Problem
from salesforce_package.changes import open_changes
from salesforce_package.facts import ACTIVITY_FIELDS, FIELD_TYPES
from salesforce_package.items.checklist import EVIDENCE, ITEMS, SECTIONS
from salesforce_package.items.declaration import Item, Place, Section
from salesforce_package.items.install import LISTING_URL, listing_url
from salesforce_package.models import PackageChange, PackageCheck, PackageTick
from salesforce_package.org import Lacking, State
from salesforce_package.proof import ProofState, proof_state

_FIELDS = {field.name: field for field in ACTIVITY_FIELDS}
# So many people are named in a sentence; the list below it has all.
_MOST_NAMES, _SHORT = 5, 60


@dataclass(frozen=True)
class ItemState:
    """An item as the checklist shows it."""

    item: Item
    state: State
    found: str
    parts: list[Part]
    values: list[str]
    setup_url: str
    tick: PackageTick | None
    people: list[Lacking]

    @property
    def names(self) -> str:
        """Who lacks it, in one sentence; empty when nobody does. Not for strangers."""
        if not self.people:
            return ""
        listed = [_named(person, self.people) for person in self.people[:_MOST_NAMES]]
        more = len(self.people) - _MOST_NAMES
        return _("Without it: %(names)s.") % {"names": ", ".join(listed) + (f", … (+{more})" if more > 0 else "")}

    @property
    def subject(self) -> str:
        """What a link for help is about."""
        return f"item:{self.item.key}"

    @property
    def is_unchecked(self) -> bool:
        """An API can judge the item, and nobody has asked it yet."""
        return self.item.is_verifiable and not self.found

    @property
    def can_tick(self) -> bool:
        """What an API has judged, or will, needs no hand; what it cannot judge does. A tick counts until one has."""
        return self.state is State.UNKNOWN and (self.tick is not None or not self.is_unchecked)

    @property
    def is_settled(self) -> bool:
        return self.state is State.DONE or (self.can_tick and self.tick is not None)


@dataclass(frozen=True)
class SectionState:
    """A section with its items as the checklist shows them."""

    section: Section
    items: list[ItemState]

    @property
    def is_settled(self) -> bool:
        """Nothing is left, not even what is optional."""
        return not self.open_items

    @property
    def open_items(self) -> list[ItemState]:
        return [item for item in self.items if not item.is_settled]

    @property
    def settled_items(self) -> list[ItemState]:
        return [item for item in self.items if item.is_settled]

    @property
    def settled(self) -> int:
        return len(self.settled_items)

    @property
    def open_by_place(self) -> list[tuple[Place, list[ItemState]]]:
        """What is left, with the place in Setup where it is done."""
        places: dict[Place, list[ItemState]] = {}
        for item in self.open_items:
            places.setdefault(item.item.place, []).append(item)
        return list(places.items())


@dataclass(frozen=True)
class ChangeState:
    """Something that broke, in sentences: what was found before and after, and the changes in Setup that fit."""

    item: Item
    before: str
    after: str
    causes: list[dict[str, Any]]
    seen_at: datetime
    found_at: datetime


@dataclass(frozen=True)
class PackageState:
    """The whole checklist for one account. Without a check every item is unknown."""

    connection: SalesforceConnection | None
    check: PackageCheck | None
    sections: list[SectionState]
    # What became of the last test activity.
    proof: ProofState | None = None
    # What broke and is not whole again, the newest first.
    changes: list[ChangeState] = field(default_factory=list)

    @property
    def items(self) -> list[ItemState]:
        return [item for section in self.sections for item in section.items]

    @property
    def verified(self) -> int:
        return sum(item.state is State.DONE for item in self.items)

    @property
    def ticked(self) -> int:
        return sum(item.is_settled and item.state is not State.DONE for item in self.items)

    @property
    def total(self) -> int:
        return len(self.items)

    @property
    def left(self) -> int:
        return self.total - self.verified - self.ticked

    @property
    def open_sections(self) -> list[SectionState]:
        """What is left to do, without what is already settled."""
        return [SectionState(section.section, section.open_items) for section in self.sections if section.open_items]

    @property
    def next_item(self) -> ItemState | None:
        """What to do first of all that is needed."""
        return next((item for item in self.items if not item.is_settled and not item.item.is_optional), None)

    @property
    def open_fields(self) -> list[Part]:
        """The activity fields that are not known to be right."""
        parts = next(item.parts for item in self.items if item.item.key == "activity_fields")
        return [part for part in parts if not part.is_done] if parts else [_unseen(name) for name in _FIELDS]

    @property
    def problem(self) -> Problem | None:
        """A package that was there and is gone."""
        return PROBLEMS[ProblemCode.SALESFORCE_PACKAGE_REMOVED] if self.check and self.check.removed_at else None

    @property
    def is_installed(self) -> bool:
        """Step 6 is done."""
        return self._is_done(6)

    @property
    def is_configured(self) -> bool:
        """Step 7 is done."""
        return self._is_done(7)

    @property
    def is_done(self) -> bool:
        """Both are."""
        return self.is_installed and self.is_configured

    @property
    def install_fact(self) -> str:
        """A sentence for step 6."""
        if self.check is None:
            return _("Not checked yet.") if self.connection else _("Needs the connection from step 2.")
        by_key = {item.item.key: item for item in self.items}
        if by_key["package_version"].state is not State.DONE:
            return by_key["package_version"].found
        if by_key["objects_deployed"].state is State.MISSING:
            return by_key["objects_deployed"].found
        return by_key["package_installed"].found

    @property
    def configure_fact(self) -> str:
        """A sentence for step 7."""
        if self.check is None:
            return self.install_fact
        left = [item.item.is_optional for item in self.items if not item.is_settled]
        fact = _("%(done)s of %(total)s done.") % {"done": self.total - len(left), "total": self.total}
        if left:
            counts = {"required": left.count(False), "optional": left.count(True)}
            fact += " " + _("%(required)s required and %(optional)s optional left.") % counts
        if broken := len(self.changes):
            was = ngettext(
                "%(count)s item that was in place was changed.",
                "%(count)s items that were in place were changed.",
                broken,
            )
            fact = f"{fact} {was % {'count': broken}}"
        return f"{fact} {self.proof.fact}" if self.proof else fact

    def was_done(self, step: int) -> bool:
        """Is all that the step lacks something that was in place before?"""
        broken = {change.item.key for change in self.changes}
        return all(item.item.key in broken for item in self._lacking(step))

    def _is_done(self, step: int) -> bool:
        return not self._lacking(step)

    def _lacking(self, step: int) -> list[ItemState]:
        sections = [section for section in self.sections if section.section.step == step]
        items = [item for section in sections for item in section.items]
        return [item for item in items if not item.is_settled and not item.item.is_optional]


def package_state(account: SalesAccount) -> PackageState:
    """The checklist from what is stored; calls nobody."""
    connection = SalesforceConnection.objects.for_account(account).first()
    # What was seen is remembered while nothing is connected.
    org = connection or CopiedOrg.objects.for_account(account).first()
    org_id = org.org_id if org else ""
    check = PackageCheck.objects.for_account(account).filter(org_id=org_id).first()
    ticks = {tick.item: tick for tick in _ticks(account, org_id).select_related("ticked_by")}
    instance = MarketoInstance.objects.for_account(account).first()
    view = _Checklist(
        results=check.results if check else {},
        ticks=ticks,
        setup_origin=connection.instance_url if connection else "",
        munchkin_id=instance.munchkin_id if instance else "",
    )
    sections = [SectionState(section, [view.item(item) for item in section.items]) for section in SECTIONS]
    if connection is None:
        return PackageState(connection, check, sections)
    changes = [_change(change) for change in open_changes(account, org_id).filter(item__in=ITEMS)]
    return PackageState(connection, check, sections, proof_state(account, org_id), changes)


def _change(change: PackageChange) -> ChangeState:
    causes = [cause | {"at": datetime.fromisoformat(cause["at"])} for cause in change.causes]
    before, after = _sentence(change.before), _sentence(change.after)
    return ChangeState(ITEMS[change.item], before, after, causes, change.seen_at, change.found_at)


def _sentence(finding: dict[str, Any]) -> str:
    """Empty for what another version of this console found and this one has no sentence for."""
    return str(EVIDENCE[finding["code"]] % finding["values"]) if finding["code"] in EVIDENCE else ""


@dataclass(frozen=True)
class _Checklist:
    results: dict[str, Any]
    ticks: dict[str, PackageTick]
    setup_origin: str
    munchkin_id: str

    def item(self, item: Item) -> ItemState:
        finding = self.results.get(item.key)
        # Another version of this console may have kept what this one has no sentence for.
        if finding and finding["code"] not in EVIDENCE:
            finding = None
        return ItemState(
            item=item,
            state=State(finding["state"]) if finding else State.UNKNOWN,
            found=_sentence(finding) if finding else "",
            parts=[_part(part) for part in finding["parts"]] if finding else [],
            values=[value.format(munchkin_id=self.munchkin_id.lower()) for value in item.values],
            setup_url=self._setup_url(item) if self.setup_origin and item.path else "",
            tick=self._tick(item, finding),
            people=[_lacking(person) for person in finding.get("people", [])] if finding else [],
        )

    def _setup_url(self, item: Item) -> str:
        return urljoin(self.setup_origin, listing_url() if item.path == LISTING_URL else item.path)

    def _tick(self, item: Item, finding: dict[str, Any] | None) -> PackageTick | None:
        tick = self.ticks.get(item.key)
        return tick if tick and tick.is_about(finding) else None


def _lacking(found: dict[str, str]) -> Lacking:
    """Somebody as they were found; the names of all activity fields are one word, so often do they stand there."""
    person = Lacking(**found)
    if person.lacks != ", ".join(_FIELDS):
        return person
    return replace(person, lacks=_("all %(count)s fields") % {"count": len(_FIELDS)})


def _named(person: Lacking, people: list[Lacking]) -> str:
    """A person with their profile, and what they lack where others lack something else and it can be said in short."""
    differs = len({item.lacks for item in people}) > 1 and len(person.lacks) < _SHORT
    return f"{person.name} ({person.profile}: {person.lacks})" if differs else f"{person.name} ({person.profile})"


def _part(finding: dict[str, Any]) -> Part:
    """One activity field; types are named as Setup names them."""
    values = {key: FIELD_TYPES.get(value, value) for key, value in finding["values"].items()}
    found = str(EVIDENCE[finding["code"]] % values)
    return replace(_unseen(values["name"]), is_done=finding["state"] == State.DONE, found=found)


def _unseen(name: str) -> Part:
    """An activity field as it is needed, before anybody looked for it."""
    needed = _FIELDS[name]
    size = f" ({needed.length})" if needed.length else ""
    return Part(needed.label, name, type=f"{FIELD_TYPES[needed.type]}{size}", is_done=False, found="")


def _ticks(account: SalesAccount, org_id: str) -> QuerySet[PackageTick]:
    ticks: QuerySet[PackageTick] = PackageTick.objects.for_account(account).filter(org_id=org_id)
    return ticks
