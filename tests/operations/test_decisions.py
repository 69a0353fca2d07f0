"""Deciding about a run in the browser: held, dry, taken back."""

import re
from unicodedata import normalize

import pytest
from django.test import Client

from accounts.models import AuditEvent, SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run, check_run_again
from sync.models import Person, RunKind, SyncRun
from sync.policies import HoldLimit
from sync.services import SyncRefused, start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.pages import rows_of, text_of
from tests.sync.conftest import PREVIEW, Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import sync_changes
from tests.sync.oracle import people_in_copy

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 30


@pytest.fixture
def browser(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def held(synced: SalesAccount, change: Change) -> SyncRun:
    people = Person.objects.for_account(synced).live().order_by("marketo_id")
    change("delete", *people.values_list("marketo_id", flat=True)[:MANY])
    return finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))


def test_a_held_run_says_what_would_happen_and_why(held: SyncRun, browser: Client) -> None:
    page = text_of(browser.get(held.get_absolute_url()))
    assert f"This run would remove 30 of {held.people_before} people (" in page
    assert "They were deleted in Marketo, perhaps by a clean-up there." in page
    assert "More than 25 people need a decision" in page
    assert "Approve" in page
    # It has read and matched everybody whom it had to: nobody, of people who were deleted.
    assert "Nobody had to be read." in page
    browser.cookies["django_language"] = "sv"
    swedish = text_of(browser.get(held.get_absolute_url()))
    assert "De har tagits bort i Marketo, kanske vid en städning där." in swedish


def test_the_guide_and_actions_config_lead_to_the_decision(
    held: SyncRun, browser: Client, marketo_admin: User, client_of: ClientOf
) -> None:
    """Nobody looks at a list of runs to find out that one waits for them."""
    for client, address in ((browser, "/"), (client_of(marketo_admin), "/marketo/sales-insight/actions-config/")):
        page = text_of(client.get(address))
        assert "A data sync is held: it would remove or empty many people." in page
        assert f'href="{held.get_absolute_url()}"' in page
        assert "Decide" in page


def test_approving_in_the_browser(held: SyncRun, browser: Client, synced: SalesAccount) -> None:
    answer = browser.post(f"{held.get_absolute_url()}approve/", follow=True)
    assert "Approved." in text_of(answer)
    assert finish(held).removed == MANY
    assert "Somebody has decided" in text_of(browser.post(f"{held.get_absolute_url()}approve/", follow=True))


def held_at(browser: Client, run: SyncRun) -> str:
    """By which a page that shows whom a run would remove says which ones."""
    return str(re.findall(r'name="held_at" value="([^"]+)"', text_of(browser.get(run.get_absolute_url())))[0])


def test_people_who_were_not_shown_are_not_approved(held: SyncRun, browser: Client, admin: User) -> None:
    """On a page that stayed open stands whom the run would have removed before somebody had it checked again."""
    approve, shown = f"{held.get_absolute_url()}approve/", held_at(browser, held)
    check_run_again(run=held, checked_by=admin)
    again = finish(SyncRun.objects.get(pk=held.pk))
    assert again.status == RunStatus.HELD
    assert "Somebody has decided" in text_of(browser.post(approve, {"held_at": shown}, follow=True))
    with pytest.raises(SyncRefused, match="Somebody has decided"):
        approve_run(run=held, approved_by=admin)
    browser.post(approve, {"held_at": held_at(browser, again)})
    assert finish(held).removed == MANY


def test_discarding_in_the_browser(held: SyncRun, browser: Client, synced: SalesAccount) -> None:
    before = people_in_copy(synced)
    assert "Nothing was changed." in text_of(browser.post(f"{held.get_absolute_url()}discard/", follow=True))
    assert finish(held).status == RunStatus.DISCARDED
    assert people_in_copy(synced) == before


def test_checking_again_in_the_browser(held: SyncRun, browser: Client) -> None:
    assert "read once more" in text_of(browser.post(f"{held.get_absolute_url()}check-again/", follow=True))
    assert finish(held).status == RunStatus.HELD


def test_ops_staff_watch_and_do_not_decide(held: SyncRun, ops: User, client_of: ClientOf) -> None:
    watcher = client_of(ops)
    page = text_of(watcher.get(held.get_absolute_url()))
    assert f"This run would remove 30 of {held.people_before} people (" in page
    assert "a Marketo admin of your company decides" in page
    assert watcher.post(f"{held.get_absolute_url()}approve/").status_code == 403


def test_the_people_of_a_held_run(held: SyncRun, browser: Client, synced: SalesAccount) -> None:
    address = f"{held.get_absolute_url()}people/"
    person = Person.objects.for_account(synced).live().earliest("marketo_id")
    page = text_of(browser.get(f"{address}?kind=removed&reason=deleted_in_marketo"))
    assert str(person) in page
    assert "nothing has changed" in page
    reason = '<span class="sub">Deleted in Marketo</span>'
    assert text_of(browser.post(address, {"q": str(person.marketo_id)})).count(reason) == 1
    assert "Nobody." in text_of(browser.post(address, {"q": "nobody of that name"}))
    # PostgreSQL takes no NUL, whichever field it stands in.
    for field in ("kind", "reason", "q"):
        assert browser.post(address, {field: "\0nobody"}).status_code == 200
    Person.objects.for_account(synced).filter(pk=person.pk).update(last_name=normalize("NFD", "Élan"))
    assert text_of(browser.post(address, {"q": "élan"})).count(reason) == 1


def test_ops_staff_who_look_at_people_stand_in_the_audit_trail(
    held: SyncRun, ops: User, browser: Client, client_of: ClientOf
) -> None:
    watcher = client_of(ops)
    for client in (browser, watcher, watcher):
        client.get(f"{held.get_absolute_url()}people/")
    assert AuditEvent.objects.get(action="sync.run_people_viewed").actor == ops


def lines_of(browser: Client, run: SyncRun, query: str = "") -> list[dict[str, str]]:
    header, *rows = rows_of(browser.get(f"{run.get_absolute_url()}people.csv{query}"))
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_what_a_run_changed_stays_to_be_read(synced: SalesAccount, browser: Client, change: Change) -> None:
    """What happened to these people last Tuesday."""
    people = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
    person, other = people[:2]
    change("change", person.marketo_id, fields={"title": "Chair"})
    change("delete", other.marketo_id)
    run = sync_changes(synced)
    page = text_of(browser.get(f"{run.get_absolute_url()}people/"))
    assert f"Title: <bdi>{person.title or 'empty'}</bdi> → <bdi>Chair</bdi>" in page
    assert "Deleted in Marketo" in page
    assert [line["After"] for line in lines_of(browser, run, "?kind=updated")] == ["Chair"]
    assert "Who, by name and field" in text_of(browser.get(run.get_absolute_url()))


def test_a_dry_run_shows_and_then_does_the_same(
    synced: SalesAccount, marketo_admin: User, client_of: ClientOf, change: Change
) -> None:
    browser, before = client_of(marketo_admin), people_in_copy(synced)
    people = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
    changed, deleted = people.values_list("marketo_id", flat=True)[:2]
    change("change", changed, fields={"title": "Chair"})
    change("delete", deleted)
    change("create", kind="lead")
    answer = browser.post(PREVIEW, {"dry_run": "1"})
    run = finish(SyncRun.objects.get(pk=answer.headers["Location"].split("/")[-2]))
    assert (run.status, run.added, run.updated, run.removed) == (RunStatus.PREVIEWED, 1, 1, 1)
    assert people_in_copy(synced) == before
    page = text_of(browser.get(run.get_absolute_url()))
    assert "This is what a sync would do. Nothing has changed." in page
    lines = lines_of(browser, run)
    assert len([line for line in lines if line["What"] == "Left out"]) == sum(run.skipped.values())
    assert {line["What"] for line in lines} == {"Added", "Updated", "Removed", "Left out"}
    change("change", changed, fields={"title": "President"})
    exports = SyncRun.objects.get(pk=run.pk).extracts.filter(source="marketo_people").count()
    browser.post(f"{run.get_absolute_url()}start/")
    done = finish(run)
    assert (done.status, done.added, done.updated, done.removed) == (RunStatus.SUCCEEDED, 1, 1, 1)
    assert done.extracts.filter(source="marketo_people").count() == exports
    assert people_in_copy(synced)[changed]["title"] == "Chair"
    sync_changes(synced)
    assert people_in_copy(synced)[changed]["title"] == "President", "what changed since comes with the next run"


def test_a_dry_run_before_the_first_sync(connected: SalesAccount, admin: User, browser: Client) -> None:
    run = finish(start_sync(account=connected, started_by=admin, is_dry_run=True))
    assert run.status == RunStatus.PREVIEWED
    assert not Person.objects.for_account(connected).exists()
    lines = lines_of(browser, run, "?kind=added")
    assert len(lines) == run.added > 0
    assert all(line["Email"] or line["Name"] for line in lines)
    browser.post(f"{run.get_absolute_url()}start/")
    assert finish(run).people == len(lines)


def test_taking_a_run_back_in_the_browser(synced: SalesAccount, browser: Client, change: Change) -> None:
    before = people_in_copy(synced)
    lead = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").earliest("marketo_id")
    change("change", lead.marketo_id, fields={"title": "Chair"})
    run = sync_changes(synced)
    assert "updated 1" in text_of(browser.get(f"{run.get_absolute_url()}undo/"))
    answer = browser.post(f"{run.get_absolute_url()}undo/")
    undo = finish(SyncRun.objects.get(undoes=run))
    assert answer.headers["Location"] == undo.get_absolute_url()
    assert people_in_copy(synced) == before
    assert "undoes another one" in text_of(browser.get(undo.get_absolute_url()))
    page = text_of(browser.get(run.get_absolute_url()))
    assert "was undone by" in page
    assert f"{run.get_absolute_url()}undo/" not in page


def test_an_undo_that_was_discarded_has_undone_nothing(account: SalesAccount, browser: Client) -> None:
    run = make_run(account)
    make_run(account, RunStatus.DISCARDED, kind=RunKind.UNDO, undoes=run)
    assert "was undone by" not in text_of(browser.get(run.get_absolute_url()))


def test_the_limit_is_a_setting(synced: SalesAccount, browser: Client, admin: User) -> None:
    assert "25" in browser.get("/settings/admin/sync/").content.decode()
    assert browser.post("/settings/admin/sync/", {"people": "7", "percent": "200"}).status_code == 400
    assert "Saved." in text_of(browser.post("/settings/admin/sync/", {"people": "7", "percent": "2"}, follow=True))
    limit = HoldLimit.of(synced)
    assert (limit.people, limit.percent, limit.limit_of(1000)) == (7, 2, 20)
    assert AuditEvent.objects.get(action="sync.limit_changed").details == {"people": 7, "percent": 2}


def test_the_preview_says_who_is_hidden(
    synced: SalesAccount, sync: Sync, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post(
        "/_sandbox/salesforce",
        {"action": "set_sharing", "username": "admin@acme.example", "sees": "part", "percent": 30},
    )
    run = sync()
    browser = client_of(marketo_admin)
    for address in (PREVIEW, run.get_absolute_url()):
        assert "View All" in text_of(browser.get(address))
