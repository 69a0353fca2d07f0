"""What is asked of the copy again and again costs the same, however many people others have in it."""

import pytest
from django.db import connection

from sync.models import Person
from tests.factories import make_account, make_people
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
