"""What this room keeps goes in time, and names go with those who leave."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from members.leaving import delete_user
from members.services import remove_member
from salesforce_package.models import ActivityProof, PackageChange
from salesforce_package.tasks import forget_what_is_old
from tests.factories import make_account, make_member, make_user

ORG = "00D000000000001AAA"
LONG_AGO = timedelta(days=401)


def make_change(account: SalesAccount, *people: str, who: str = "", ended: timedelta | None = None) -> PackageChange:
    """Something broke by which these people lack something, once as a whole and once in a part of it."""
    lacking = [{"name": name, "profile": "Standard User", "lacks": "API Enabled"} for name in people]
    part = {"state": "missing", "code": "api_lacking", "values": {}, "people": lacking}
    after = part | {"parts": [part]}
    cause = {
        "display": "Changed profile",
        "section": "Profiles",
        "who": who,
        "delegate": "",
        "at": "2026-01-01T00:00:00Z",
    }
    return PackageChange.objects.create(
        account=account,
        org_id=ORG,
        item="api_enabled",
        before={"state": "done", "code": "api_enabled", "values": {}},
        after=after,
        causes=[cause],
        seen_at=timezone.now(),
        ended_at=timezone.now() - ended if ended is not None else None,
    )


def names_in(change: PackageChange) -> list[Any]:
    change.refresh_from_db()
    lists = [change.after["people"], *(part["people"] for part in change.after["parts"])]
    return [[person["name"] for person in people] for people in lists] + [change.causes[0]["who"]]


@pytest.mark.django_db
def test_names_stay_with_those_who_stay(account: SalesAccount) -> None:
    anna = make_member(account, "anna@acme.example")
    former = make_member(account, "li@acme.example")
    User.objects.filter(pk=former.user_id).update(name="Li Wei")
    receiver = make_member(account, role=Role.ADMIN)
    # Of another account, and removed from it.
    elsewhere = make_member(make_account("Other"), "namesake@other.example")
    User.objects.filter(pk=elsewhere.user_id).update(name="Admin of the org")
    other_admin = make_member(elsewhere.account, role=Role.ADMIN)
    for member, by in ((former, receiver), (elsewhere, other_admin)):
        remove_member(member=member, removed_by=by.user, receiver=by)
    going_on = make_change(account, str(anna.user), "Li Wei", who="Li Wei")
    by_another = make_change(account, str(anna.user), who="Admin of the org")
    over = make_change(account, str(anna.user), who="Admin of the org", ended=timedelta(days=1))
    forget_what_is_old()
    assert names_in(going_on) == [[str(anna.user)], [str(anna.user)], ""]
    assert going_on.causes[0]["has_left"]
    assert names_in(by_another) == [[str(anna.user)], [str(anna.user)], "Admin of the org"]
    assert names_in(over) == [[], [], ""]
    assert going_on.before == {"state": "done", "code": "api_enabled", "values": {}}


@pytest.mark.django_db
def test_what_is_over_for_long_goes_and_what_counts_stays(account: SalesAccount) -> None:
    make_change(account, ended=LONG_AGO)
    kept = [make_change(account, ended=timedelta(days=399)), make_change(account)]
    tester = make_user("gone@acme.example")
    proofs = [
        ActivityProof.objects.create(
            account=account,
            org_id=org,
            username="tester",
            run_by=tester,
            record_id="00Q000000000001AAA",
            mark=f"{org}-{age}",
        )
        for org, age in ((ORG, 3), (ORG, 2), ("00D000000000002AAA", 3))
    ]
    ActivityProof.objects.update(started_at=timezone.now() - LONG_AGO)
    delete_user(tester)
    forget_what_is_old()
    assert list(PackageChange.objects.order_by("pk")) == kept
    assert list(ActivityProof.objects.order_by("pk")) == proofs[1:], "the last one of each org proves something"
    assert set(ActivityProof.objects.values_list("username", flat=True)) == {""}
