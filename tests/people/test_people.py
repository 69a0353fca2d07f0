"""The number of people in the copy, as every page tells it."""

import re

import pytest

from accounts.models import SalesAccount, User
from connections.models import MarketoInstance
from sandbox.testing import SandboxProcess
from sync.models import Person
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin
from tests.pages import text_of
from tests.sync.conftest import Sync
from tests.sync.incremental_runs import sync_changes

pytestmark = pytest.mark.django_db(transaction=True)


def test_following_changes_does_not_make_the_copy_look_empty(
    sync: Sync,
    connected: SalesAccount,
    admin: User,
    instance: MarketoInstance,
    sandbox: SandboxProcess,
    client_of: ClientOf,
) -> None:
    """Such a run looks at few people; the others are still there, and every page counts them."""
    before = sync()
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "contact", "count": 2})
    run = sync_changes(connected)
    assert run.people == before.people + 2
    make_marketo_admin(instance, admin.email)
    told = re.compile(rf">{run.people}<|\b{run.people} people in the ")
    for address in ("/", "/settings/people/", "/marketo/sales-insight/actions-config/"):
        assert told.search(text_of(client_of(admin).get(address))), address


def test_whoever_leaves_and_returns_is_counted_right(
    sync: Sync, connected: SalesAccount, sandbox: SandboxProcess
) -> None:
    before = sync()
    person = Person.objects.for_account(connected).live().filter(salesforce_type="Lead").first()
    assert person
    for owner, people in (("queue", before.people - 1), ("user", before.people)):
        sandbox.post("/_sandbox/people", {"action": "reown", "ids": [person.marketo_id], "owner": owner})
        run = sync_changes(connected)
        assert run.people == people == Person.objects.for_account(connected).live().count()
