"""Whoever asked for the steps in Salesforce hears that they are done."""

from dataclasses import asdict

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Occurrence, SalesAccount, User
from accounts.permissions import Role
from invitations.services import ask_salesforce_admin
from notifications import tasks
from salesforce_package.events import STEPS_DONE
from salesforce_package.items.checklist import ITEMS
from salesforce_package.items.declaration import Item
from salesforce_package.models import PackageCheck
from salesforce_package.org import Finding, State
from salesforce_package.services import tick_item, untick_item
from tests.conftest import ClientOf
from tests.factories import make_member, make_salesforce_connection
from tests.pages import text_of
from tests.threads import at_once


def all_but(left: int, account: SalesAccount, org_id: str) -> list[Item]:
    """The last items of the package, when all before them are done."""
    items = [item for item in ITEMS.values() if not item.is_optional]
    results = {item.key: asdict(Finding(State.DONE, "installed")) for item in items[:-left]}
    PackageCheck.objects.create(account=account, org_id=org_id, results=results, checked_at=timezone.now())
    return items[-left:]


def test_whoever_asked_is_told_once_when_the_last_item_is_ticked(
    account: SalesAccount, admin: User, salesforce_admin: User, tasks_run_at_once: None, client_of: ClientOf
) -> None:
    """By an invitation, or a mail to a member; and nobody else."""
    org_id = make_salesforce_connection(account).org_id
    second, third = (make_member(account, f"{name}@acme.example", Role.ADMIN).user for name in ("second", "third"))
    ask_salesforce_admin(account=account, email=salesforce_admin.email, step=6, invited_by=admin)
    ask_salesforce_admin(account=account, email="crm2@acme.example", step=7, invited_by=second)
    ask_salesforce_admin(account=account, email="crm3@acme.example", step=2, invited_by=third)
    [last] = all_but(1, account, org_id)
    told = Occurrence.objects.filter(event=STEPS_DONE.key)
    assert not told.exists()
    for _ in range(2):
        tick_item(account=account, by=salesforce_admin, item=last)
        untick_item(account=account, by=salesforce_admin, item=last)
    assert {one.concerned for one in told} == {admin, second}
    assert told.count() == 2
    mail.outbox.clear()
    tasks.sweep()
    done = "Steps 6 and 7, for which you asked, are done"
    assert sorted(message.to[0] for message in mail.outbox if done in message.subject) == [admin.email, second.email]
    assert done in text_of(client_of(admin).get("/notifications/"))


@pytest.mark.django_db(transaction=True)
def test_two_last_items_at_the_same_moment_are_told_once(
    account: SalesAccount, admin: User, salesforce_admin: User
) -> None:
    """Each took the other for missing, and nobody heard."""
    org_id = make_salesforce_connection(account).org_id
    ask_salesforce_admin(account=account, email=salesforce_admin.email, step=6, invited_by=admin)
    items = all_but(5, account, org_id)
    at_once(5, lambda number: tick_item(account=account, by=salesforce_admin, item=items[number]))
    assert Occurrence.objects.filter(event=STEPS_DONE.key).count() == 1
