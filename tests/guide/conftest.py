"""The Sales account of a registered Marketo instance, set up as step 1 leaves it, as steps 2 and 3 do, and whole."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from connections.models import MarketoInstance
from salesforce_package.items.checklist import ITEMS
from salesforce_package.models import PackageCheck
from salesforce_package.org import Finding, State
from sync.statuses import RunStatus
from tests.factories import make_marketo_connection, make_member, make_run, make_salesforce_connection

# The org of make_salesforce_connection.
ORG_ID = "00D000000000001AAA"


@pytest.fixture
def account_of_instance(linked_instance: MarketoInstance, account: SalesAccount, admin: User) -> SalesAccount:
    return account


@pytest.fixture
def connected(account_of_instance: SalesAccount) -> SalesAccount:
    make_marketo_connection(account_of_instance)
    make_salesforce_connection(account_of_instance)
    return account_of_instance


@pytest.fixture
def complete(connected: SalesAccount) -> SalesAccount:
    """An account whose seven steps are done."""
    make_member(connected, "eva@acme.example", Role.USER)
    finished = timezone.now() - timedelta(minutes=3)
    make_run(connected, RunStatus.SUCCEEDED, people=8123, added=40, updated=2002, finished_at=finished)
    found = asdict(Finding(State.DONE, "version", {"version": "1.8000.0.0"}))
    PackageCheck.objects.create(
        account=connected, org_id=ORG_ID, results=dict.fromkeys(ITEMS, found), checked_at=timezone.now()
    )
    return connected
