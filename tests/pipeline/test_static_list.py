"""Copying nobody but the members of one static list of Marketo."""

from typing import Any

import pytest
from requests import PreparedRequest

from accounts.models import SalesAccount, User
from clients.marketo.types import StaticList
from pipeline.engine.preview import find_lists
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sync.decisions import approve_run
from sync.messages import failure_of
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.services import chosen_list, start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.conftest import Sync
from tests.sync.driving import READING, finish
from tests.sync.incremental_runs import sync_changes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def newsletter(connected: SalesAccount) -> StaticList:
    """A list on which every third person is."""
    (found,) = find_lists(connected, "Newsletter")
    return found


@pytest.fixture
def run(connected: SalesAccount, admin: User, newsletter: StaticList) -> SyncRun:
    return finish(start_sync(account=connected, started_by=admin, only=newsletter))


def on_list(account: SalesAccount) -> bool:
    """Whether the copy holds people, and all of them are on the list."""
    people = list(Person.objects.for_account(account).live().values_list("marketo_id", flat=True))
    return bool(people) and all(number % 3 == 0 for number in people)


@pytest.mark.usefixtures("young_company")
def test_nobody_but_the_members_is_read(run: SyncRun, connected: SalesAccount, newsletter: StaticList) -> None:
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert run.seen == 100
    assert on_list(connected)
    assert Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE).count() == 1
    assert chosen_list(connected) == newsletter


def test_the_page_of_the_run_names_the_list(run: SyncRun, admin: User, client_of: ClientOf) -> None:
    assert "members of the list Newsletter" in client_of(admin).get(run.get_absolute_url()).content.decode()


def test_a_list_that_marketo_does_not_have_is_not_found(connected: SalesAccount) -> None:
    assert find_lists(connected, "newsletter of nobody") == []


def test_a_name_with_a_comma_is_one_name(connected: SalesAccount) -> None:
    """Marketo takes it for two names, and would answer with the list of one of them."""
    assert find_lists(connected, "Newsletter, 2026") == []


def test_a_list_with_a_comma_in_its_name_is_found(connected: SalesAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = AlteredAnswers(monkeypatch)

    def two_pages(answer: Any, request: PreparedRequest) -> Any:
        if "nextPageToken" in str(request.url):
            return {"success": True, "result": [{"id": 77, "name": "Kunder, Norden"}]}
        return answer | {"nextPageToken": "second"}

    answers.alter(r"/lists\.json", two_pages)
    assert [found.list_id for found in find_lists(connected, "kunder, norden")] == [77]


def test_whoever_is_not_on_the_list_leaves_the_copy(
    sync: Sync, connected: SalesAccount, admin: User, newsletter: StaticList
) -> None:
    everybody = sync().synced
    run = finish(start_sync(account=connected, started_by=admin, only=newsletter))
    assert (run.status, run.held["removed"]) == (RunStatus.HELD, {"not_in_list": everybody - run.synced})
    approve_run(run=run, approved_by=admin)
    assert finish(run).removed == everybody - run.synced
    gone = Person.objects.for_account(connected).exclude(removed_at=None)
    assert set(gone.values_list("removed_reason", flat=True)) == {"not_in_list"}
    assert on_list(connected)


@pytest.mark.usefixtures("young_company")
def test_changes_of_others_are_left_out(run: SyncRun, connected: SalesAccount, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/people", {"action": "change", "ids": list(range(1, 31)), "fields": {"title": "Chair"}})
    followed = sync_changes(connected)
    assert (followed.added, followed.removed) == (0, 0)
    assert followed.updated > 0
    assert followed.list_name == "Newsletter"
    assert on_list(connected)


def test_joining_and_leaving_the_list_is_followed(
    run: SyncRun, connected: SalesAccount, sandbox: SandboxProcess, newsletter: StaticList
) -> None:
    members = Person.objects.for_account(connected).live()
    leaving = members[0].marketo_id
    (joining,) = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead"})["ids"]
    assert sync_changes(connected).added == 0
    marketo = Marketo(sandbox.url)
    path = f"/rest/v1/lists/{newsletter.list_id}/leads.json"
    marketo.send("POST", path, params={"id": joining})
    marketo.send("DELETE", path, params={"id": leaving})
    sandbox.post("/_sandbox/people", {"action": "change", "id": leaving, "fields": {"title": "Chair"}})
    followed = sync_changes(connected)
    assert (followed.added, followed.removed) == (1, 1)
    assert set(members.filter(marketo_id__in=[joining, leaving]).values_list("marketo_id", flat=True)) == {joining}
    assert Person.objects.get(account=connected, marketo_id=leaving).removed_reason == "not_in_list"


def test_who_was_deleted_has_not_only_left_the_list(
    run: SyncRun, connected: SalesAccount, sandbox: SandboxProcess
) -> None:
    """Pain 20: the reason for which somebody left the copy is the true one."""
    people = Person.objects.for_account(connected).live().order_by("marketo_id")
    deleted, winner, loser = people.values_list("marketo_id", flat=True)[:3]
    sandbox.post("/_sandbox/people", {"action": "delete", "id": deleted})
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [winner, loser]})
    assert sync_changes(connected).removed == 2
    gone = Person.objects.for_account(connected).exclude(removed_at=None).order_by("marketo_id")
    assert list(gone.values_list("marketo_id", "removed_reason")) == [
        (deleted, "deleted_in_marketo"),
        (loser, "merged_in_marketo"),
    ]


def test_what_nobody_starts_keeps_to_the_list(run: SyncRun, connected: SalesAccount, sync: Sync) -> None:
    weekly = finish(start_sync(account=connected, started_by=None))
    assert (weekly.list_name, weekly.changed) == ("Newsletter", 0)
    assert sync().added > 0
    assert chosen_list(connected) is None


@pytest.mark.usefixtures("young_company")
@pytest.mark.parametrize("kind", READING)
def test_a_list_that_is_gone_fails_the_run_with_its_name(
    run: SyncRun, connected: SalesAccount, sandbox: SandboxProcess, kind: str
) -> None:
    SyncRun.objects.update(list_id=9999)
    sandbox.post("/_sandbox/people", {"action": "change", "id": 3, "fields": {"title": "Chair"}})
    later = finish(start_sync(account=connected, started_by=None, kind=RunKind(kind)))
    assert (later.status, later.failure) == (RunStatus.FAILED, "list_gone")
    assert "no longer has the list Newsletter" in str(failure_of(later).what)
    assert on_list(connected)
