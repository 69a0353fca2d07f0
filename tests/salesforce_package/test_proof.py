"""Log a test activity: what Salesforce does with it, in words, and nothing left behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Member, SalesAccount, User
from clients.http import AccessDenied
from clients.salesforce.client import SalesforceClient
from connections.models import ConnectionStatus, SalesforceConnection
from connections.services.client_factory import salesforce_client
from connections.turns import turn_of
from diagnostics.messages import DIAGNOSES
from problems.messages import ConnectionProblem
from salesforce_package import tasks
from salesforce_package.audit_actions import PackageAction
from salesforce_package.facts import ACTIVITY_FIELDS
from salesforce_package.models import ActivityProof
from salesforce_package.proof import FieldVerdict, ProofState, log_test_activity, proof_state, record_id_in
from salesforce_package.state import package_state
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.pages import text_of

PAGE = "/settings/admin/salesforce-package/test-activity/"
ADMINISTRATORS = {"object": "Task", "profile": "System Administrator"}


@pytest.fixture
def ready(checked: SalesAccount, change_org: ChangeOrg) -> SalesAccount:
    """The org has what a task needs."""
    change_org("add_all_activity_fields")
    change_org("set_task_types", values=["Email", "Call", "Reply"])
    return checked


@pytest.fixture
def lead_id(salesforce_connection: SalesforceConnection) -> str:
    [lead] = salesforce_client(salesforce_connection).query(
        "SELECT Id FROM Lead WHERE IsConverted = false ORDER BY Id LIMIT 1"
    )
    return str(lead["Id"])


def prove(account: SalesAccount, lead_id: str) -> ProofState:
    log_test_activity(member=account.members.get(), record_id=lead_id)
    state = proof_state(account, SalesforceConnection.objects.get(member=None).org_id)
    assert state
    return state


def tasks_left(account: SalesAccount) -> int:
    client = salesforce_client(SalesforceConnection.objects.for_account(account).get())
    return client.count("SELECT COUNT() FROM Task WHERE Subject LIKE '%msi-test-%'")


def test_a_task_of_each_type_is_written_read_compared_and_deleted(ready: SalesAccount, lead_id: str) -> None:
    state = prove(ready, lead_id)
    assert [task.kind for task in state.tasks] == ["Email", "Call", "Reply"]
    assert all(task.kept == len(ACTIVITY_FIELDS) + 1 and not task.refusal for task in state.tasks)
    assert state.is_proved
    assert state.fact == "A test activity was logged: Salesforce kept all 48 values."
    assert (tasks_left(ready), bool(state.proof.cleaned_at)) == (0, True)
    assert AuditEvent.objects.filter(action=PackageAction.TEST_ACTIVITY_LOGGED, target=lead_id).exists()
    # A fact for step 7, besides what is ticked.
    package = package_state(ready)
    assert package.proof
    assert package.proof.is_proved


def test_each_code_is_told_in_words(ready: SalesAccount, lead_id: str, change_org: ChangeOrg) -> None:
    codes = dict(DIAGNOSES["salesforce"])
    assert len(codes) == 26
    # No word about the task: the org answers nothing more today.
    change_org("refuse_rows", object="Task", code="REQUEST_LIMIT_EXCEEDED", message="No: MSE_Viewed__c", count=1)
    with pytest.raises(ConnectionProblem):
        prove(ready, lead_id)
    del codes["REQUEST_LIMIT_EXCEEDED"]
    for code, problem in codes.items():
        change_org("refuse_rows", object="Task", code=code, message="No: MSE_Viewed__c", count=3)
        state = prove(ready, lead_id)
        assert [(task.code, task.refusal) for task in state.tasks] == [(code, problem)] * 3
        assert dict(state.tasks[0].fields)["MSE_Viewed__c"] is FieldVerdict.REFUSED
        assert dict(state.tasks[0].fields)["MSE_Clicked__c"] is FieldVerdict.NOT_TRIED
        assert state.proof.cleaned_at
    assert tasks_left(ready) == 0


def test_what_the_user_may_not_write_is_told_field_by_field(
    ready: SalesAccount, lead_id: str, change_org: ChangeOrg
) -> None:
    change_org("remove_field", object="Task", name="MSE_Template__c")
    change_org("hide_field", **ADMINISTRATORS, name="MSE_Viewed__c")
    change_org("set_field_permission", **ADMINISTRATORS, name="MSE_Clicked__c", read=True, edit=False)
    state = prove(ready, lead_id)
    assert not state.is_proved
    assert state.fact == "A test activity was logged: Salesforce kept 39 of 48 values."
    for task in state.tasks:
        assert dict(task.failed) == {
            "MSE_Template__c": FieldVerdict.HIDDEN,
            "MSE_Viewed__c": FieldVerdict.HIDDEN,
            "MSE_Clicked__c": FieldVerdict.LOCKED,
        }


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.usefixtures("tasks_run_at_once")
def test_whichever_step_it_is_killed_at_nothing_is_left(
    ready: SalesAccount, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is done, and its answer lost: after that nothing more is called."""
    rest, steps = SalesforceClient._rest, 0
    for step in range(1, 100):
        calls = 0

        def killed(client: SalesforceClient, path: str, step: int = step, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            answer = rest(client, path, **options) if calls <= step else None
            if calls >= step:
                raise KilledError
            return answer

        monkeypatch.setattr(SalesforceClient, "_rest", killed)
        try:
            log_test_activity(member=ready.members.get(), record_id=lead_id)
        except KilledError:
            steps += 1
        monkeypatch.undo()
        assert tasks_left(ready) <= 3
        ActivityProof.objects.update(started_at=timezone.now() - timedelta(minutes=11))
        tasks.clean_up_test_activities()
        assert tasks_left(ready) == 0
        assert not ActivityProof.objects.filter(cleaned_at=None).exists()
        if calls < step:
            break
    # Describe, three tasks with two calls each, what is left, three deletions, and what is left then.
    assert steps == 12


def test_a_task_that_was_made_although_the_answer_was_an_error_is_deleted(
    ready: SalesAccount, lead_id: str, sandbox: SandboxProcess
) -> None:
    fault = {"path": "sobjects/Task$", "kind": "salesforce:unknown_after_commit", "count": 1}
    sandbox.post("/_sandbox/faults", fault)
    state = prove(ready, lead_id)
    assert (state.tasks[0].code, state.tasks[1].code) == ("UNKNOWN_EXCEPTION", "")
    assert tasks_left(ready) == 0


@pytest.mark.usefixtures("tasks_run_at_once")
def test_a_running_test_is_left_alone(ready: SalesAccount, lead_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SalesforceClient, "delete_record", lambda *_args: (_ for _ in ()).throw(KilledError))
    with pytest.raises(KilledError):
        log_test_activity(member=ready.members.get(), record_id=lead_id)
    monkeypatch.undo()
    tasks.clean_up_test_activities()
    assert tasks_left(ready) == 3


def test_an_own_connection_is_what_a_member_logs_over(ready: SalesAccount, lead_id: str) -> None:
    member = Member.objects.get(account=ready)
    own = SalesforceConnection.objects.get(member=None)
    own.pk, own.member, own.username = None, member, "own@acme.example"
    own.save()
    assert prove(ready, lead_id).proof.username == "own@acme.example"
    SalesforceConnection.objects.filter(member=member).update(org_id="00DOTHER00000000AA")
    assert prove(ready, lead_id).proof.username != "own@acme.example"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("00QHs00000aBcDeMAK", "00QHs00000aBcDeMAK"),
        ("https://acme.lightning.force.com/lightning/r/Lead/00QHs00000aBcDeMAK/view", "00QHs00000aBcDeMAK"),
        ("https://acme.my.salesforce.com/003Hs00000aBcDe", "003Hs00000aBcDeIAA"),
        ("001Hs00000aBcDeMAK", ""),
        ("00Q", ""),
        ("", ""),
    ],
)
def test_a_record_is_found_in_what_people_paste(text: str, found: str) -> None:
    assert record_id_in(text)[:15] == found[:15]


def test_the_page_logs_and_tells(
    ready: SalesAccount, lead_id: str, salesforce_admin: User, client_of: ClientOf, change_org: ChangeOrg
) -> None:
    browser = client_of(salesforce_admin)
    assert "one task each of the types Email, Call and Reply" in text_of(browser.get(PAGE))
    assert "neither a lead nor a contact" in text_of(browser.post(PAGE, {"record": "001Hs00000aBcDeMAK"}))
    page = text_of(browser.post(PAGE, {"record": f"https://acme.example/{lead_id}"}, follow=True))
    assert "kept all 48 values" in page
    assert "No task is left of it." in page
    change_org("refuse_rows", object="Task", code="FIELD_CUSTOM_VALIDATION_EXCEPTION", count=1)
    page = text_of(browser.post(PAGE, {"record": lead_id}, follow=True))
    assert "A validation rule of the org refuses the record." in page


@pytest.mark.parametrize("path", ["sobjects/Task/describe", "sobjects/Task$", "sobjects/Task/00T"])
def test_without_an_answer_the_connection_is_the_problem(
    ready: SalesAccount, lead_id: str, sandbox: SandboxProcess, path: str
) -> None:
    """An org that hangs counted as one that refuses the task."""
    sandbox.post("/_sandbox/faults", {"path": path, "kind": "status:503"})
    with pytest.raises(ConnectionProblem):
        log_test_activity(member=ready.members.get(), record_id=lead_id)
    assert ActivityProof.objects.get().outcome == {}


def test_what_cannot_be_read_back_was_not_refused(ready: SalesAccount, lead_id: str, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "sobjects/Task/00T", "kind": "status:404", "count": 1})
    state = prove(ready, lead_id)
    assert {verdict for _name, verdict in state.tasks[0].fields} == {FieldVerdict.UNREAD}
    assert state.tasks[0].refusal
    assert not state.tasks[1].failed
    assert state.proof.cleaned_at


@pytest.mark.usefixtures("tasks_run_at_once")
def test_what_could_not_be_deleted_is_tried_again_over_whatever_connection_works(
    ready: SalesAccount, lead_id: str, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf
) -> None:
    """It was promised also when the connection was gone over which the tasks were written."""
    refusal = AccessDenied("salesforce", "INSUFFICIENT_ACCESS_OR_READONLY")
    monkeypatch.setattr(SalesforceClient, "delete_record", lambda *_args: (_ for _ in ()).throw(refusal))
    state = prove(ready, lead_id)
    assert (state.is_proved, state.proof.cleaned_at, tasks_left(ready)) == (True, None, 3)
    monkeypatch.undo()
    browser = client_of(ready.members.get().user)
    assert "it is tried again" in text_of(browser.get(PAGE))
    ActivityProof.objects.update(connection=None, started_at=timezone.now() - timedelta(minutes=11))
    SalesforceConnection.objects.update(status=ConnectionStatus.NEEDS_RECONNECTING)
    tasks.clean_up_test_activities()
    assert "because no connection to this org works" in text_of(browser.get(PAGE))
    SalesforceConnection.objects.update(status=ConnectionStatus.CONNECTED)
    with turn_of(ready.pk):
        tasks.clean_up_test_activities()
    assert tasks_left(ready) == 3
    tasks.clean_up_test_activities()
    assert tasks_left(ready) == 0
    assert "No task is left of it." in text_of(browser.get(PAGE))
