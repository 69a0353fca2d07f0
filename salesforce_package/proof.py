"""
Logging a test activity: one task of each type with all 15 fields is written on a record that somebody picks, read back,
compared and deleted again. It shows what no look at the set-up can: triggers, validation rules, and what is missing.

Every task carries the mark of the proof in its subject, and the test is a row before the first task is written, so that
`clean_up` finds whatever a crash leaves behind, also a task whose id was lost with its answer.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from secrets import token_hex
from typing import Any

import structlog
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, SalesAccount
from accounts.services import record
from clients.http import ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.salesforce.client import SalesforceClient
from clients.salesforce.errors import SERVICE as SALESFORCE
from clients.salesforce.oauth import to_18
from clients.salesforce.soql import literals
from clients.values import flag
from connections.models import ConnectionStatus, SalesforceConnection
from connections.services.call_recorder import record_problem
from connections.services.client_factory import salesforce_client
from diagnostics.messages import DIAGNOSES, diagnosis_of
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from problems.problem import Problem
from salesforce_package.audit_actions import PackageAction
from salesforce_package.facts import ACTIVITY_FIELDS, TASK_TYPES, ActivityField
from salesforce_package.models import ActivityProof

_log = structlog.get_logger(__name__)

# Ids of leads and contacts begin so (Salesforce help, "Standard Field Record ID Prefix Decoder").
_RECORD = re.compile(r"(?<![0-9A-Za-z])(00Q|003)([0-9A-Za-z]{12}|[0-9A-Za-z]{15})(?![0-9A-Za-z])")
# A request that goes on longer than this was killed.
_LONGEST = timedelta(minutes=10)


class FieldVerdict(models.TextChoices):
    """What became of a field of a task."""

    KEPT = "kept", _("Written and read back")
    CHANGED = "changed", _("Salesforce kept another value")
    HIDDEN = "hidden", _("Not there, or hidden from the user")
    LOCKED = "locked", _("The user may not edit it")
    REFUSED = "refused", _("Salesforce refused it")
    NOT_TRIED = "not_tried", _("Not tried")
    UNREAD = "unread", _("Written, but it could not be read back")


@dataclass(frozen=True)
class TaskOutcome:
    """
    What became of one task: `code` and `problem` say why Salesforce refused it, or refused to show it, and are empty
    when all went well; `fields` are the verdicts by API name.
    """

    fields: dict[str, str]
    code: str = ""
    problem: str = ""


@dataclass(frozen=True)
class _Plan:
    """What is written of each field, and what cannot be."""

    values: Mapping[str, object]
    left_out: dict[str, str] = field(default_factory=dict)


def record_id_in(text: str) -> str:
    """The id of a lead or contact that a text holds, such as the address of its page; empty when there is none."""
    found = _RECORD.search(text)
    return to_18(found[0]) if found else ""


def connection_for(member: Member) -> SalesforceConnection | None:
    """Over which a member logs: their own to the org of the account, otherwise the account's."""
    of_account: SalesforceConnection | None = SalesforceConnection.objects.for_account(member.account).first()
    own = SalesforceConnection.objects.of_member(member).filter(status=ConnectionStatus.CONNECTED).first()
    return own if of_account and own and own.org_id == of_account.org_id else of_account


def log_test_activity(*, member: Member, record_id: str) -> ActivityProof:
    """
    Write, read, compare and delete a task of each type on a lead or contact.

    What Salesforce refuses is an outcome. Raises ConnectionProblem where there is nothing to ask, or no answer.
    """
    connection = connection_for(member)
    if connection is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_CONNECTED)
    proof = ActivityProof.objects.create(
        account=member.account,
        org_id=connection.org_id,
        connection=connection,
        username=connection.username,
        run_by=member.user,
        record_id=record_id,
        mark=f"msi-test-{token_hex(8)}",
    )
    record(account=member.account, actor=member.user, action=PackageAction.TEST_ACTIVITY_LOGGED, target=record_id)
    try:
        _run(proof, salesforce_client(connection))
    except ApiError as error:
        record_problem(connection, error)
        raise ConnectionProblem(problem_code(error)) from None
    return proof


def _run(proof: ActivityProof, client: SalesforceClient) -> None:
    plan = _plan(client)
    for kind in TASK_TYPES:
        proof.outcome[kind] = asdict(_log_task(client, proof, kind, plan))
        proof.save(update_fields=["outcome"])
    proof.finished_at = timezone.now()
    proof.save(update_fields=["finished_at"])
    _try_to_delete(proof, client)


def _plan(client: SalesforceClient) -> _Plan:
    """One field that cannot be written would have the whole task refused: what the user may not write is left out."""
    described = {name: flag(item.get("createable")) for name, item in client.fields_of("Task").items()}
    left_out = {
        item.name: FieldVerdict.LOCKED.value if item.name in described else FieldVerdict.HIDDEN.value
        for item in ACTIVITY_FIELDS
        if not described.get(item.name)
    }
    return _Plan({item.name: _example(item) for item in ACTIVITY_FIELDS if item.name not in left_out}, left_out)


def _example(item: ActivityField) -> object:
    if item.type == "boolean":
        return True
    return "https://example.com/test" if item.type == "url" else f"Test: {item.label}"[: item.length or 50]


def _log_task(client: SalesforceClient, proof: ActivityProof, kind: str, plan: _Plan) -> TaskOutcome:
    """Write and read one. Raises an ApiError that is about the org as a whole."""
    values = {
        "Subject": f"Test activity ({proof.mark})",
        "Type": kind,
        "Status": "Completed",
        "WhoId": proof.record_id,
        **plan.values,
    }
    try:
        task_id = client.create_record("Task", values)
    except ApiError as error:
        return _refused(error, plan)
    try:
        found = client.record("Task", task_id, ["Type", *plan.values])
    except ApiError as error:
        return _unread(error, plan)
    verdicts = {name: _verdict(value, found.get(name)) for name, value in {"Type": kind, **plan.values}.items()}
    return TaskOutcome(verdicts | plan.left_out)


def _verdict(wanted: object, found: object) -> str:
    return (FieldVerdict.KEPT if found == wanted else FieldVerdict.CHANGED).value


def _refused(error: ApiError, plan: _Plan) -> TaskOutcome:
    """Salesforce names the field in its message where a field is to blame."""
    _raise_for_org(error)
    verdicts = {
        name: (FieldVerdict.REFUSED if name in error.detail else FieldVerdict.NOT_TRIED).value
        for name in ("Type", *plan.values)
    }
    return TaskOutcome(verdicts | plan.left_out, error.code, problem_code(error))


def _unread(error: ApiError, plan: _Plan) -> TaskOutcome:
    _raise_for_org(error)
    verdicts = dict.fromkeys(("Type", *plan.values), FieldVerdict.UNREAD.value)
    return TaskOutcome(verdicts | plan.left_out, error.code, problem_code(error))


def _raise_for_org(error: ApiError) -> None:
    """An error that says nothing about the task is raised; of those that may pass some are about a record."""
    is_passing = isinstance(error, TransientApiError) and error.code not in DIAGNOSES[SALESFORCE]
    if is_passing or isinstance(error, ReconnectNeeded | QuotaExceeded):
        raise error


def left_behind() -> QuerySet[ActivityProof]:
    """Tests that left tasks behind and are over, or whose process has died."""
    proofs: QuerySet[ActivityProof] = ActivityProof.objects.filter(
        cleaned_at=None, started_at__lt=timezone.now() - _LONGEST
    )
    return proofs


def clean_up(proof: ActivityProof) -> None:
    """Delete what a test left behind, where a connection to its org works."""
    connection = _connection_to_clean(proof)
    if connection is None:
        return
    try:
        client = salesforce_client(connection)
    except ApiError as error:
        _log_left(proof, error)
    else:
        _try_to_delete(proof, client)


def _connection_to_clean(proof: ActivityProof) -> SalesforceConnection | None:
    """The one over which the tasks were written, or else the account's to the same org; None where neither works."""
    working = SalesforceConnection.objects.filter(
        account=proof.account_id, org_id=proof.org_id, status=ConnectionStatus.CONNECTED
    )
    either = working.filter(Q(pk=proof.connection_id) | Q(member=None))
    return min(either, key=lambda connection: connection.pk != proof.connection_id, default=None)


def _try_to_delete(proof: ActivityProof, client: SalesforceClient) -> None:
    """What cannot be deleted now is tried again by the clock."""
    try:
        _delete_tasks(proof, client)
    except ApiError as error:
        _log_left(proof, error)


def _log_left(proof: ActivityProof, error: ApiError) -> None:
    _log.info("test_activity_not_cleaned", proof=proof.pk, error=str(error))


def _delete_tasks(proof: ActivityProof, client: SalesforceClient) -> None:
    """Delete every task with the mark; only when none is left the test counts as cleaned."""
    for task_id in _task_ids(proof, client):
        client.delete_record("Task", task_id)
    if not _task_ids(proof, client):
        proof.cleaned_at = timezone.now()
        proof.save(update_fields=["cleaned_at"])


def _task_ids(proof: ActivityProof, client: SalesforceClient) -> list[str]:
    """A trigger of the org may have written something before or after the subject."""
    marked = literals([f"%{proof.mark}%"])
    return [str(row["Id"]) for row in client.query(f"SELECT Id FROM Task WHERE Subject LIKE {marked}")]  # noqa: S608


@dataclass(frozen=True)
class ProvedTask:
    """What became of the task of one type, for a page: `refusal` says why Salesforce did not take or show it."""

    kind: str
    refusal: Problem | None
    code: str
    fields: list[tuple[str, FieldVerdict]]

    @property
    def kept(self) -> int:
        return sum(verdict is FieldVerdict.KEPT for _name, verdict in self.fields)

    @property
    def failed(self) -> list[tuple[str, FieldVerdict]]:
        return [(name, verdict) for name, verdict in self.fields if verdict is not FieldVerdict.KEPT]


@dataclass(frozen=True)
class ProofState:
    """The last test in an org, for pages."""

    proof: ActivityProof
    tasks: list[ProvedTask]
    # Is what it left deleted by the clock? Only where a connection to the org works.
    is_tried_again: bool

    @property
    def is_proved(self) -> bool:
        """Did every task keep every field?"""
        return len(self.tasks) == len(TASK_TYPES) and not any(task.failed for task in self.tasks)

    @property
    def fact(self) -> str:
        counts = {"kept": sum(task.kept for task in self.tasks), "total": sum(len(task.fields) for task in self.tasks)}
        if self.is_proved:
            return gettext("A test activity was logged: Salesforce kept all %(total)s values.") % counts
        return gettext("A test activity was logged: Salesforce kept %(kept)s of %(total)s values.") % counts


def proof_state(account: SalesAccount, org_id: str) -> ProofState | None:
    """The last test in an org; None before the first."""
    proofs: QuerySet[ActivityProof] = ActivityProof.objects.for_account(account).filter(org_id=org_id)
    proof = proofs.select_related("run_by").order_by("-pk").first()
    if proof is None:
        return None
    found = [_proved(kind, proof.outcome[kind]) for kind in TASK_TYPES if kind in proof.outcome]
    return ProofState(proof, found, is_tried_again=_connection_to_clean(proof) is not None)


def _proved(kind: str, found: Mapping[str, Any]) -> ProvedTask:
    refusal = diagnosis_of(SALESFORCE, found["code"], found["problem"]) if found["code"] else None
    names = ["Type", *(item.name for item in ACTIVITY_FIELDS)]
    fields = [(name, FieldVerdict(found["fields"][name])) for name in names if name in found["fields"]]
    return ProvedTask(kind, refusal, found["code"], fields)
