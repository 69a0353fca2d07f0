"""How long this room keeps what broke, who is named in it, and what test activities showed (docs/privacy.md)."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from salesforce_package.models import ActivityProof, PackageChange
from salesforce_package.services import people_of

# How the trail calls that somebody was removed: the room members stands beside this one.
_REMOVED = "members.removed"


def forget_what_is_old(account: SalesAccount) -> None:
    """Delete what nobody asks for any more, and the names of those who have left from what is kept."""
    oldest = timezone.now() - timedelta(days=settings.RECORD_DAYS)
    changes, proofs = PackageChange.objects.for_account(account), ActivityProof.objects.for_account(account)
    changes.filter(ended_at__lt=oldest).delete()
    # The last one of each org says what step 7 stands on.
    newest = proofs.order_by().values("org_id").annotate(last=Max("pk")).values("last")
    proofs.filter(run_by=None).exclude(username="").update(username="")
    proofs.filter(started_at__lt=oldest).exclude(pk__in=list(newest.values_list("last", flat=True))).delete()
    _forget_names(account)


def _forget_names(account: SalesAccount) -> None:
    present, left = {person.name for person in people_of(account, {})}, _names_of_former_members(account)
    # Of what is over nobody is shown who it was.
    for change in PackageChange.objects.for_account(account):
        shown = set() if change.ended_at else present
        values = {
            "before": _without(change.before, shown),
            "after": _without(change.after, shown),
            "causes": [
                _anonymous(cause) if change.ended_at or _names(cause) & left else cause for cause in change.causes
            ],
        }
        if any(getattr(change, name) != value for name, value in values.items()):
            PackageChange.objects.filter(pk=change.pk).update(**values)


def _without(finding: Mapping[str, Any], present: Collection[str]) -> dict[str, Any]:
    """The finding with those people alone who are still there."""
    kept = [person for person in finding.get("people", []) if person["name"] in present]
    parts = [_without(part, present) for part in finding.get("parts", [])]
    # What an older version stored may lack either.
    lists = {name: found for name, found in (("people", kept), ("parts", parts)) if name in finding}
    return {**finding, **lists}


def _names_of_former_members(account: SalesAccount) -> set[str]:
    """Whoever was removed from this account and did not come back; whom another account names is of no account here."""
    removed = AuditEvent.objects.for_account(account).filter(action=_REMOVED).values("target")
    users = User.objects.filter(email__in=removed).exclude(member__account=account)
    return set(users.exclude(name="").values_list("name", flat=True))


def _names(cause: Mapping[str, Any]) -> set[str]:
    return {cause["who"], cause["delegate"]}


def _anonymous(cause: Mapping[str, Any]) -> dict[str, Any]:
    return {**cause, "who": "", "delegate": "", "has_left": True}
