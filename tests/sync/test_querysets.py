"""What is asked of the copy again and again costs the same, however many people others have in it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SalesAccount
from sync.models import Person, RunKind, SyncRun
from tests.factories import make_account, make_people, make_run
from tests.sync.history import blocks_read

pytestmark = pytest.mark.django_db


def test_whether_there_is_anybody_is_seen_without_reading_the_others() -> None:
    accounts = [make_account(f"Company {number}") for number in range(40)]
    for account in accounts:
        make_people(account, 50)
    people = Person.objects.for_account(accounts[-1]).live()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sync_person")
    with blocks_read("sync_person") as blocks:
        assert people.has_anybody()
        assert not people.filter(salesforce_type="Contact").has_anybody()
        assert not Person.objects.for_account(make_account()).has_anybody()
    assert len(blocks) == 3
    assert max(blocks) < 10


def test_a_run_that_was_held_while_others_ended_is_the_last_one(account: SalesAccount) -> None:
    """How many people the copy has is what that one counted, not what the others before it had."""
    now = timezone.now()
    held = make_run(account, finished_at=now)
    make_run(account, kind=RunKind.INCREMENTAL, finished_at=now - timedelta(hours=1))
    assert SyncRun.objects.for_account(account).last_success() == held
