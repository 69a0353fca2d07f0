"""What users of other connectors complained about, and what must hold whatever attacks: promises of this room."""

import tracemalloc
from itertools import repeat

import pytest

from accounts.models import SalesAccount, User
from clients.marketo.types import LeadField
from connections.models import MarketoConnection
from pipeline import runner
from pipeline.engine.load import VerifiedStream
from sandbox.testing import SandboxProcess
from sync.engine.fields import readable_fields
from sync.engine.problems import BadFile
from sync.messages import failure_of
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.services import SyncRefused, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.canned_answers import CannedAnswers, canned_answers
from tests.conftest import ClientOf
from tests.factories import make_extract, make_run
from tests.sync.conftest import Sync
from tests.sync.driving import finish, work_until
from tests.sync.history import blocks_read, make_history
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 10_000
FILE = r"export/.*/file\.json"


@pytest.fixture
def many(connected: SalesAccount, sandbox: SandboxProcess) -> SalesAccount:
    """An account in whose Marketo 10,000 people were created in one and the same second."""
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": MANY})
    return connected


def test_ten_thousand_people_of_the_same_second_all_arrive(
    many: SalesAccount, sync: Sync, sandbox: SandboxProcess
) -> None:
    """Pain 2: stream everybody does not depend on the order of equal times."""
    assert sync().synced == sandbox.get("/_sandbox/state")["expected"]["synced"] > MANY


def test_changes_of_the_same_second_are_all_followed(
    connected: SalesAccount, sync: Sync, sandbox: SandboxProcess
) -> None:
    """Pain 2: nor does following changes, whose pages end in the middle of such a second."""
    sync()
    sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 1_000})
    followed = finish(start_sync(account=connected, started_by=None, kind=RunKind.INCREMENTAL))
    assert (followed.status, followed.added) == (RunStatus.SUCCEEDED, 1_000)


def test_an_answer_of_unknown_shape_ends_with_a_sentence(connected: SalesAccount, admin: User) -> None:
    """Pain 10: an answer without what it must hold is not taken for an empty one, and does not crash a later step."""
    token = {"access_token": "token", "token_type": "bearer", "expires_in": 3600, "scope": "api@acme.example"}
    fields = {"success": True, "result": [{"rest": {"label": "id"}}]}
    answers = {"/identity/oauth/token": token, "/rest/v1/leads/describe.json": fields}
    CannedAnswers.answers = {path: (200, body, {"Content-Type": "application/json"}) for path, body in answers.items()}
    with canned_answers() as origin:
        MarketoConnection.objects.for_account(connected).update(endpoint=origin)
        run = finish(start_sync(account=connected, started_by=admin))
    assert (run.status, run.failure) == (RunStatus.FAILED, "marketo_unexpected")
    assert "something this console does not understand" in str(failure_of(run).what)


def test_fields_that_marketo_lacks_are_left_out_and_named(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    """Pain 11 and 23: one missing field does not stop the sync; the page says which stays empty."""
    known = ("id", "firstName", "sfdcLeadId", "sfdcContactId", "nobodyAsksForThis")
    names = readable_fields(account, [LeadField(name, name, "string", 255, is_read_only=False) for name in known])
    assert set(names) == {"id", "firstName", "sfdcLeadId", "sfdcContactId"}
    run = make_run(account, RunStatus.SUCCEEDED, receipt={"copy": [0, "0"]}, fields=names)
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "linkedInProfileURL" in page
    assert "(<code>firstName</code>)" not in page


def test_a_file_passes_through_without_being_held(many: SalesAccount, admin: User) -> None:
    """Pain 19: what a worker holds of a file does not grow with the file."""
    run = start_sync(account=many, started_by=admin)
    largest = Extract.objects.of_run(run).filter(status=ExtractStatus.READY, bytes__gt=1_000_000)
    work_until(largest.exists)
    extract = largest.get()
    tracemalloc.start()
    runner.advance_extract(extract.pk)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    extract.refresh_from_db()
    assert extract.status == ExtractStatus.LOADED
    assert peak < extract.bytes / 2


def test_rows_that_were_not_asked_for_are_counted(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 21: the answer is held against the question, and what is thrown away is counted by reason."""
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "export:duplicate_rows", "count": 1})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED
    assert run.skipped["repeated"] > 0
    assert run.seen == run.synced + sum(run.skipped.values())


def test_a_page_of_the_history_costs_the_same_after_a_hundred_thousand_runs(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    """Pain 27: the history is in the database, read page by page; no page looks at all of it."""
    make_history(account, 100_000)
    browser = client_of(ops)
    middle = SyncRun.objects.latest("pk").pk - 40_000
    for address in ("", f"?before={middle}", f"?account={account.slug}", f"?account={account.slug}&before={middle}"):
        with blocks_read() as blocks:
            assert len(browser.get(f"/ops/sync/{address}").context["page"].rows) == 50
        assert 0 < sum(blocks) < 300, address


def test_a_wrong_byte_never_reaches_the_copy(sync: Sync, sandbox: SandboxProcess) -> None:
    """Security statement 17: one flipped byte in every download, and nobody is taken from such a file."""
    sandbox.post("/_sandbox/faults", {"path": FILE, "kind": "corrupt", "after_bytes": 700})
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")
    assert "checksum" in run.failure_params["detail"]
    assert not Person.objects.exists()


def test_an_endless_file_is_cut_off(account: SalesAccount) -> None:
    """Security statement 16: more bytes than were promised are not taken."""
    run = make_run(account, RunStatus.PLANNING)
    extract = make_extract(run, bytes=100_000)
    with pytest.raises(BadFile):
        for _chunk in VerifiedStream(extract).read(repeat(b"x" * 10_000)):
            pass


def test_the_same_message_delivered_by_many_at_once_has_one_effect(connected: SalesAccount, admin: User) -> None:
    """Security statement 19: however often and late a message comes, a step is taken once."""
    run = start_sync(account=connected, started_by=admin)
    at_once(20, lambda _: runner.advance_run(run.pk))
    run.refresh_from_db()
    assert run.attempt == 1
    assert Extract.objects.of_run(run).filter(source=Source.SALESFORCE_LEADS).count() == 1
    runner.advance_run(run.pk)
    run.refresh_from_db()
    assert (run.attempt, finish(run).status) == (1, RunStatus.SUCCEEDED)


def test_of_fifty_starts_at_once_one_wins(connected: SalesAccount, admin: User) -> None:
    """Security statement 20: one run of an account at a time, also with two schedulers."""
    started: list[SyncRun] = []
    refused: list[SyncRefused] = []

    def press(_number: int) -> None:
        try:
            started.append(start_sync(account=connected, started_by=admin))
        except SyncRefused as refusal:
            refused.append(refusal)

    at_once(50, press)
    assert (len(started), len(refused)) == (1, 49)
    assert {refusal.run for refusal in refused} == {SyncRun.objects.unfinished().get()}
