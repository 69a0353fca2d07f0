"""
What broke since the last look, and who changed it: two looks compared, joined with Salesforce's own Setup audit trail.

The trail tells every change in Setup in words, for 180 days (Object Reference, "SetupAuditTrail"). The words are meant
for people, so an entry fits what broke when it names it; of those that do the newest come first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import ApiError
from clients.salesforce.client import SalesforceClient
from clients.values import as_text, moment
from salesforce_package.items.checklist import EVIDENCE, ITEMS
from salesforce_package.items.declaration import Item, Place
from salesforce_package.models import PackageChange, PackageCheck
from salesforce_package.org import Finding, State

_log = structlog.get_logger(__name__)

# What the trail calls the things that are set up at a place.
_WORDS = {
    Place.PACKAGES: ("package",),
    Place.ORG: ("deploy", "package", "organization", "email to salesforce", "email administration"),
    Place.PROFILES: ("profile", "permission"),
    Place.SITES: ("remote",),
    Place.PAGE_LAYOUTS: ("layout", "lightning page"),
    Place.LIST_VIEWS: ("list view", "search layout", "button"),
    Place.FIELDS: ("field", "picklist", "task type"),
    Place.PACKAGE_CONFIG: (),
    Place.IN_MARKETO: (),
}
# Codes of findings that say nothing about a change in the org: it could not be asked, or there are new people.
_NOT_SEEN = {"no_access", "failed", "odd_answer", "nobody", "some_connected", "no_samples", "no_version"}
# The clocks of both sides may differ.
_MARGIN = timedelta(minutes=5)
_MOST_ENTRIES, _MOST_CAUSES = 500, 3
# What is shorter is in every text.
_SHORTEST = 4


@dataclass(frozen=True)
class SetupEntry:
    """One change in Setup: in words, where, by whom (`delegate` is who acted for them) and when."""

    display: str
    section: str
    who: str
    delegate: str
    at: datetime

    def names(self, words: Iterable[str]) -> bool:
        """Does it name any of them?"""
        text = f"{self.section} {self.display}".lower()
        return any(word.lower() in text for word in words)


def find_changes(
    last: PackageCheck | None, found: Mapping[str, Finding], client: SalesforceClient
) -> list[PackageChange]:
    """What broke since the last look at the same org, not saved yet. Calls Salesforce if anything did."""
    broken = [key for key, finding in found.items() if last and _is_broken(last.results.get(key), finding)]
    if last is None or not broken:
        return []
    entries = _read_trail(client, last.checked_at - _MARGIN)
    return [_change(last, ITEMS[key], found[key], entries) for key in broken]


def keep_changes(
    account: SalesAccount, org_id: str, found: Mapping[str, Finding], changes: Iterable[PackageChange]
) -> None:
    """Keep what broke, and note what is whole again or no longer needed."""
    ended = {key for key, finding in found.items() if _is_seen(finding) and finding.state is not State.MISSING}
    open_changes(account, org_id).filter(item__in=ended).update(ended_at=timezone.now())
    PackageChange.objects.bulk_create(changes)


def open_changes(account: SalesAccount, org_id: str) -> QuerySet[PackageChange]:
    """What broke in an org and is neither whole again nor no longer needed, the newest first."""
    changes: QuerySet[PackageChange] = PackageChange.objects.for_account(account).filter(org_id=org_id, ended_at=None)
    return changes.order_by("-pk")


def was_whole(finding: dict[str, Any] | None) -> bool:
    """Had it been found in place? What an older version of this console called so may be judged by more today."""
    return finding is not None and finding["state"] == State.DONE and finding["code"] in EVIDENCE


def _is_broken(before: dict[str, Any] | None, now: Finding) -> bool:
    """What nobody needs any more, such as a remote site that Adobe retired, may go: it is UNKNOWN then."""
    return was_whole(before) and now.state is State.MISSING and _is_seen(now)


def _is_seen(finding: Finding) -> bool:
    return finding.code not in _NOT_SEEN


def _change(last: PackageCheck, item: Item, now: Finding, entries: Iterable[SetupEntry]) -> PackageChange:
    causes = [asdict(entry) | {"at": entry.at.isoformat()} for entry in _causes(item, now, entries)]
    return PackageChange(
        account_id=last.account_id,
        org_id=last.org_id,
        item=item.key,
        before=last.results[item.key],
        after=asdict(now),
        causes=causes,
        seen_at=last.checked_at,
    )


def _causes(item: Item, now: Finding, entries: Iterable[SetupEntry]) -> list[SetupEntry]:
    """The newest entries that name what broke and the kind of thing it is, or else one of both."""
    things = {*item.values, *_named(now)}
    scored = [(entry.names(things) + entry.names(_WORDS[item.place]), entry) for entry in entries]
    best = max((score for score, _entry in scored), default=0)
    return [entry for score, entry in scored if best and score == best][:_MOST_CAUSES]


def _named(finding: Finding) -> set[str]:
    """The names of things and profiles in a finding, piece by piece."""
    lists = [value for value in finding.values.values() if isinstance(value, str)]
    lists += [text for person in finding.people for text in (person.profile, person.lacks)]
    lists += [str(part.values["name"]) for part in finding.parts if part.state is not State.DONE]
    pieces = {piece.strip(" ().:") for text in lists for piece in re.split("[,;(]", text)}
    # A layout is mostly called after its object.
    pieces |= {piece.removesuffix(" Layout") for piece in pieces}
    return {piece for piece in pieces if len(piece) >= _SHORTEST}


def _read_trail(client: SalesforceClient, since: datetime) -> list[SetupEntry]:
    """The newest entries first; none where the connected user may not read them (View Setup and Configuration)."""
    soql = (
        "SELECT Section, Display, CreatedDate, CreatedBy.Name, DelegateUser FROM SetupAuditTrail "  # noqa: S608
        f"WHERE CreatedDate >= {since:%Y-%m-%dT%H:%M:%SZ} ORDER BY CreatedDate DESC, Id DESC LIMIT {_MOST_ENTRIES}"
    )
    try:
        entries = [_entry(row) for row in client.query(soql)]
    except ApiError as error:
        _log.info("setup_audit_trail_not_read", error=str(error))
        return []
    return [entry for entry in entries if entry]


def _entry(row: dict[str, Any]) -> SetupEntry | None:
    """None for a row of which nothing can be told. An automated process has no name."""
    at, display = moment(row.get("CreatedDate")), as_text(row.get("Display"))
    by = row.get("CreatedBy")
    who = as_text(by.get("Name")) if isinstance(by, dict) else None
    if at is None or not display:
        return None
    return SetupEntry(display, as_text(row.get("Section")) or "", who or "", as_text(row.get("DelegateUser")) or "", at)
