"""Opportunity contact roles fill one column: a run goes on where Salesforce does not show them."""

import pytest

from accounts.models import Occurrence, SalesAccount, User
from connections.models import SalesforceConnection
from connections.services.visibility import Verdict
from pipeline.engine.client_factory import salesforce_of
from sandbox.testing import SandboxProcess
from sync.decisions import start_previewed_run
from sync.engine import merge
from sync.engine.problems import StageLost
from sync.events import ROLES_GONE
from sync.models import Extract, Person, Source, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.conftest import ClientOf
from tests.pages import text_of
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = "Salesforce does not show opportunity contact roles to the connected user"


def show_opportunities(sandbox: SandboxProcess, *, shown: bool) -> None:
    right = {"profile": "System Administrator", "object": "Opportunity", "read": shown, "view_all": shown}
    sandbox.post("/_sandbox/salesforce", {"action": "set_object_permission", **right})


def opportunities(account: SalesAccount) -> dict[int, str | None]:
    people = Person.objects.for_account(account).live().filter(salesforce_type="Contact")
    return dict(people.values_list("marketo_id", "salesforce_opportunity_id"))


def roles_of(run: SyncRun) -> Extract:
    extract: Extract = Extract.objects.of_run(run).get(source=Source.SALESFORCE_ROLES)
    return extract


def test_a_first_sync_leaves_the_column_empty_and_says_why(
    sync: Sync, connected: SalesAccount, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    show_opportunities(sandbox, shown=False)
    run = sync()
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert set(opportunities(connected).values()) == {None}
    assert roles_of(run).status == ExtractStatus.FAILED
    page = text_of(client_of(admin).get(run.get_absolute_url()))
    assert SENTENCE in page
    assert "INVALID_TYPE" in page


def test_the_copy_keeps_what_it_knows_until_roles_are_shown_again(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, admin: User, client_of: ClientOf
) -> None:
    before = opportunities(synced)
    assert any(before.values())
    show_opportunities(sandbox, shown=False)
    assert sync().changed == 0
    assert opportunities(synced) == before
    show_opportunities(sandbox, shown=True)
    run = sync()
    assert opportunities(synced) == before
    assert SENTENCE not in text_of(client_of(admin).get(run.get_absolute_url()))


def test_changes_are_followed_without_roles(
    synced: SalesAccount, sandbox: SandboxProcess, change: Change, admin: User, client_of: ClientOf
) -> None:
    before = opportunities(synced)
    (person,) = [marketo_id for marketo_id, opportunity in before.items() if opportunity][:1]
    show_opportunities(sandbox, shown=False)
    change("change", person, fields={"title": "Chair"})
    run = sync_changes(synced)
    assert (run.updated, Person.objects.get(account=synced, marketo_id=person).title) == (1, "Chair")
    assert opportunities(synced) == before
    assert SENTENCE in text_of(client_of(admin).get(run.get_absolute_url()))


def test_what_changed_while_roles_were_not_shown_waits_for_a_full_sync_and_is_told(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, admin: User, client_of: ClientOf
) -> None:
    """Later runs would read it for whoever changes next alone: nobody could say who is up to date."""
    chosen, *_, other = Person.objects.for_account(synced).live().exclude(salesforce_opportunity_id=None)
    role = {"ContactId": chosen.salesforce_contact_id, "OpportunityId": other.salesforce_opportunity_id}
    salesforce_of(synced).create_record("OpportunityContactRole", role | {"IsPrimary": True})
    show_opportunities(sandbox, shown=False)
    sync_changes(synced)
    show_opportunities(sandbox, shown=True)
    later = sync_changes(synced)
    assert SENTENCE in text_of(client_of(admin).get(later.get_absolute_url()))
    assert opportunities(synced)[chosen.marketo_id] == chosen.salesforce_opportunity_id
    told = Occurrence.objects.for_account(synced).going_on().filter(event=ROLES_GONE.key)
    assert told.exists()
    sync()
    assert opportunities(synced)[chosen.marketo_id] == other.salesforce_opportunity_id
    assert not told.exists()


@pytest.mark.parametrize("how", ["deleted", "given to somebody else"])
def test_a_full_sync_misses_a_role_that_left_no_trace(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, how: str
) -> None:
    """Object Reference, "OpportunityContactRole": of one that is deleted by itself nothing is left, and it may move."""
    client, people = salesforce_of(synced), Person.objects.for_account(synced).live().order_by("marketo_id")
    chosen = people.exclude(salesforce_opportunity_id=None)[0]
    other = people.filter(salesforce_type="Contact", salesforce_opportunity_id=None)[0]
    is_theirs = f"ContactId = '{chosen.salesforce_contact_id}'"
    for role in client.query(f"SELECT Id FROM OpportunityContactRole WHERE {is_theirs}"):  # noqa: S608 (an id)
        path = f"sobjects/OpportunityContactRole/{role['Id']}"
        if how == "deleted":
            client._rest(path, method="DELETE")
        else:
            client._rest(path, method="PATCH", json={"ContactId": other.salesforce_contact_id})
    sync_changes(synced)
    assert opportunities(synced)[chosen.marketo_id], "nothing tells whoever follows changes"
    assert sync().status == RunStatus.SUCCEEDED
    assert opportunities(synced)[chosen.marketo_id] is None
    assert bool(opportunities(synced)[other.marketo_id]) == (how != "deleted")


def show_half_of_the_opportunities(sandbox: SandboxProcess, user: User) -> None:
    for sobject in ("Lead", "Contact", "Opportunity"):
        right = {"object": sobject, "read": True, "view_all": sobject != "Opportunity"}
        action = {"action": "set_object_permission", "profile": "System Administrator"}
        sandbox.post("/_sandbox/salesforce", action | right)
    shared = {"action": "set_sharing", "username": user.email, "sees": "part", "percent": 50}
    sandbox.post("/_sandbox/salesforce", shared)


@pytest.mark.parametrize("is_seen_again", [False, True])
def test_whose_opportunity_may_be_hidden_keeps_it(
    synced: SalesAccount, sandbox: SandboxProcess, admin: User, is_seen_again: bool
) -> None:
    """Also where all of them are seen again when somebody starts what a dry run has read."""
    before = opportunities(synced)
    show_half_of_the_opportunities(sandbox, admin)
    run = finish(start_sync(account=synced, started_by=admin, is_dry_run=True))
    assert roles_of(run).rows_loaded < sum(map(bool, before.values()))
    if is_seen_again:
        sandbox.post("/_sandbox/salesforce", {"action": "set_sharing", "username": admin.email, "sees": "all"})
    start_previewed_run(run=run, started_by=admin)
    assert finish(run).status == RunStatus.SUCCEEDED
    assert run.visibility["Opportunity"]["verdict"] == Verdict.UNKNOWN
    assert opportunities(synced) == before


def test_a_dry_run_is_started_although_salesforce_was_disconnected_since(synced: SalesAccount, admin: User) -> None:
    """It has read all it needs; what was not shown to it is no proof any more."""
    before = opportunities(synced)
    run = finish(start_sync(account=synced, started_by=admin, is_dry_run=True))
    SalesforceConnection.objects.for_account(synced).delete()
    start_previewed_run(run=run, started_by=admin)
    assert finish(run).status == RunStatus.SUCCEEDED
    assert opportunities(synced) == before


def test_roles_that_are_refused_only_when_read_by_id(
    synced: SalesAccount, sandbox: SandboxProcess, change: Change
) -> None:
    """The right is taken away in the middle of a run."""
    before = opportunities(synced)
    change("reown", *ids(synced, "Contact", 3), owner="user")
    answered = {"path": "/queryAll", "kind": "salesforce:api_disabled", "nth": 2}
    sandbox.post("/_sandbox/faults", answered)
    run = sync_changes(synced)
    assert roles_of(run).status == ExtractStatus.FAILED
    assert opportunities(synced) == before


def test_after_a_crash_of_the_database_roles_stay_unread(
    sync: Sync, connected: SalesAccount, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is read again; what is not shown is not asked for as if it had been."""
    show_opportunities(sandbox, shown=False)
    merged = merge._merge
    crashes = iter([StageLost()])

    def crashing(run: SyncRun) -> None:
        for crash in crashes:
            raise crash
        merged(run)

    monkeypatch.setattr(merge, "_merge", crashing)
    run = sync()
    assert (run.status, run.restarts) == (RunStatus.SUCCEEDED, 1)
    jobs = [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("/jobs/query")]
    assert len(jobs) == 3
