"""Each company keeps people's address at LinkedIn in another field."""

import pytest
from django.db.models import QuerySet

from accounts.models import SalesAccount, User
from clients.marketo.types import LeadField
from sandbox.testing import SandboxProcess
from sync.engine.fields import RUNS_LOOKED_AT, readable_fields
from sync.models import Person
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.pages import text_of
from tests.sync.conftest import PREVIEW, Change, Sync
from tests.sync.incremental_runs import sync_changes

pytestmark = pytest.mark.django_db(transaction=True)


def linked(account: SalesAccount) -> QuerySet[Person]:
    people: QuerySet[Person] = Person.objects.for_account(account).live().exclude(linkedin_url=None)
    return people


def test_the_field_of_the_company_is_read(synced: SalesAccount) -> None:
    """The sandbox's company has one of its own, linkedInURL__c."""
    assert linked(synced).filter(linkedin_url__startswith="https://www.linkedin.example/in/").count() > 10


def test_the_preview_says_which_field_is_read(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(marketo_admin)
    assert "<code>linkedInURL__c</code></td>" in text_of(browser.get(PREVIEW))
    sandbox.post("/_sandbox/switches", {"linkedin_field": ""})
    page = text_of(browser.get(PREVIEW))
    assert "<code>linkedInProfileURL</code> <span" in page
    assert "not in this instance, stays empty" in page


def test_a_second_field_does_not_take_the_place_of_the_first(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess
) -> None:
    """It was preferred, and its values, or none, written over everybody's by the next full sync."""
    before = dict(linked(synced).values_list("marketo_id", "linkedin_url"))
    sandbox.post("/_sandbox/fields", {"name": "aLinkedIn", "type": "url"})
    assert sync().status == RunStatus.SUCCEEDED
    assert dict(linked(synced).values_list("marketo_id", "linkedin_url")) == before


def chosen(account: SalesAccount, *names: str) -> str:
    """What is read as the LinkedIn URL where Marketo shows these fields."""
    known = [LeadField(name, name, "url", 255, is_read_only=False) for name in names]
    return next((name for name in readable_fields(account, known) if "inked" in name), "")


def test_another_field_takes_its_place_once_a_full_sync_has_ended_without_it(account: SalesAccount) -> None:
    """Until then it may be hidden for a while: that is told, and empties nobody's without a decision."""

    assert chosen(account, "linkedInURL__c") == "linkedInURL__c"
    make_run(account, fields=["id", "linkedInURL__c"])
    assert chosen(account, "aLinkedIn", "linkedInURL__c") == "linkedInURL__c"
    assert chosen(account, "aLinkedIn") == ""
    make_run(account, fields=["id"])
    assert chosen(account, "aLinkedIn", "linkedInURL__c") == "linkedInURL__c", "it is shown again"
    assert chosen(account, "aLinkedIn") == "aLinkedIn"
    for _ in range(2):
        make_run(account, fields=["id", "aLinkedIn"])
    assert chosen(account, "aLinkedIn") == "aLinkedIn"
    for _ in range(RUNS_LOOKED_AT + 2):
        assert chosen(account, "aLinkedIn", "linkedInURL__c") == "linkedInURL__c", "it is shown again"
        make_run(account, fields=["id", "linkedInURL__c"])


def test_a_field_that_was_better_for_an_older_release_stays(account: SalesAccount) -> None:
    """It took the field that ranks first; Marketo deletes no field, so the one of before is listed for good."""
    for name in "aLinkedIn", "linkedInURL__c":
        make_run(account, fields=["id", name])
    assert chosen(account, "aLinkedIn", "linkedInURL__c") == "linkedInURL__c"


def test_changes_are_read_from_the_field_of_the_last_full_sync(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess
) -> None:
    """A field made since would be preferred, and is empty for everybody."""
    before = linked(synced).earliest("marketo_id")
    sandbox.post("/_sandbox/fields", {"name": "aLinkedIn", "type": "url"})
    change("change", before.marketo_id, fields={"title": "Chair"})
    assert sync_changes(synced).updated == 1
    after = Person.objects.get(account=synced, marketo_id=before.marketo_id)
    assert (after.title, after.linkedin_url) == ("Chair", before.linkedin_url)
