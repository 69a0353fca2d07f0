"""The probe: every planted deviation is found, and the report tells nothing of anybody."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import SalesAccount
from connections.models import ApiFailure, MarketoConnection, MarketoInstance, SalesforceConnection
from diagnostics.probe import marketo, salesforce
from diagnostics.probe.question import Verdict
from diagnostics.probe.running import probe, report
from sandbox.testing import SandboxProcess
from tests.salesforce_sign_in import connect_salesforce
from tests.sync.altered_answers import AlteredAnswers, Change

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("young_company")]


@pytest.fixture
def connected(
    marketo_connection: MarketoConnection, salesforce_connection: SalesforceConnection, account: SalesAccount
) -> SalesAccount:
    return account


def different(account: SalesAccount) -> set[str]:
    return {found.question.code for found in probe(account) if found.verdict == Verdict.DIFFERENT}


def each(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Change every record of an answer."""

    def altered(answer: Any, _request: Any) -> Any:
        for record in answer.get("result") or answer.get("records") or [] if isinstance(answer, dict) else answer:
            change(record)
        return answer

    return altered


def renumbered(record: dict[str, Any]) -> None:
    record["id"] += 1_000


def test_about_sixty_questions_each_with_its_source() -> None:
    questions = [*marketo.QUESTIONS, *salesforce.QUESTIONS]
    assert len({question.code for question in questions}) == len(questions) >= 60
    assert all(question.assumption.endswith(".") and question.source for question in questions)


def test_twenty_planted_deviations_are_found_and_reproduced(
    connected: SalesAccount,
    sandbox: SandboxProcess,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    before = different(connected)
    sandbox.post(
        "/_sandbox/switches",
        {
            "linkedin_field": "linkedInURL__c",
            "salesforce_id_length": 15,
            "activity_ids": False,
            "ims_users": True,
        },
    )
    answers = AlteredAnswers(monkeypatch)
    answers.alter(r"/activities/types\.json", each(renumbered))
    answers.alter(r"/folders\.json", each(lambda one: one.update(createdAt="2020-01-01 00:00:00")))
    answers.alter(r"/users/roles\.json", each(lambda one: one.update(id=one["id"] + 5)))
    answers.alter(r"/stats/usage\.json", lambda answer, _request: answer | {"result": []})
    answers.alter(r"/users/workspaces\.json", lambda answer, _request: [one for one in answer if one["id"]])
    answers.alter(r"/leads\.json", each(lambda one: one.update(createdAt="2014-11-13 12:43:04")))
    answers.alter(r"/leads/describe\.json", each(lambda one: one.pop("soap", None)))
    answers.alter(r"/limits/recordCount", lambda answer, _request: {"sObjects": answer["sObjects"][:1]})
    answers.alter(r"InstalledSubscriberPackage", each(lambda one: one.update(SubscriberPackageVersion=None)))
    answers.alter(r"DefaultLeadAccess", each(lambda one: one.update(DefaultLeadAccess="None")))
    answers.alter(r"SystemModstamp\+FROM", each(lambda one: one.update(SystemModstamp="2020-01-01T00:00:00Z")))
    answers.alter(r"IsSandbox", each(lambda one: one.update(IsSandbox=True)))
    planted = {
        "marketo_linkedin",
        "marketo_sfdc_length",
        "marketo_user_ids",
        "marketo_folder_form",
        "marketo_admin_role",
        "marketo_usage",
        "marketo_all_zones",
        "marketo_created_form",
        "marketo_soap_names",
        "salesforce_record_counts",
        *(f"marketo_activity_{number}" for number in marketo.ACTIVITY_IDS.values()),
        "salesforce_lead_default",
        "salesforce_time_form",
        "salesforce_production",
    }
    told = {found.question.code: found.answer for found in probe(connected) if found.verdict == Verdict.DIFFERENT}
    assert planted <= told.keys()
    assert len(planted) >= 20
    assert not planted & before, "without a deviation there is none"
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report(probe(connected))))
    answers.stop()
    # A sandbox that is given the report answers each of them so, by itself.
    with SandboxProcess.start(people=600, probe=file) as like_theirs:
        settings.SANDBOX_ORIGIN = like_theirs.url
        for rows in (MarketoConnection.objects, MarketoInstance.objects):
            rows.update(endpoint=like_theirs.url)
        SalesforceConnection.objects.all().delete()
        connect_salesforce(like_theirs, connected, connected.members.get().user)
        again = {found.question.code: found.answer for found in probe(connected)}
    assert {code: again[code] for code in planted} == {code: told[code] for code in planted}


def test_the_report_tells_nothing_of_anybody(connected: SalesAccount, sandbox: SandboxProcess, tmp_path: Path) -> None:
    file, told = tmp_path / "report.json", StringIO()
    call_command("probe", "--account", connected.slug, "--output", str(file), stdout=told)
    text = file.read_text() + told.getvalue()
    secrets = ("acme", "@", "Maria", "sandbox-client", "sandbox-consumer", connected.name)
    assert [word for word in secrets if word in text] == []
    written = json.loads(text.partition("\n}\n")[0] + "\n}")
    assert {one["verdict"] for one in written["questions"]} <= {"same", "different", "none seen", "refused"}
    assert sum(one["verdict"] == "same" for one in written["questions"]) > 50
    methods = {call["method"] for call in sandbox.get("/_sandbox/calls") if "/rest/v1/" in call["path"]}
    assert methods <= {"GET", "POST"}
    assert not ApiFailure.objects.exists(), "a question is no failure"


def test_where_nothing_is_there_to_look_at_nothing_is_answered(
    connected: SalesAccount, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of nothing everything held: the assumption counted as confirmed, or as contradicted."""

    sandbox.post("/_sandbox/switches", {"first_ids_gone": 300})
    answers = AlteredAnswers(monkeypatch)
    answers.alter(r"/folders\.json", lambda answer, _request: answer | {"result": []})
    answers.alter("/allusers", lambda _answer, _request: [])
    answers.alter("InstalledSubscriberPackage", lambda answer, _request: answer | {"records": [], "totalSize": 0})
    none_seen = {one.question.code: one.answer for one in probe(connected) if one.verdict == Verdict.NONE_SEEN}
    assert none_seen == dict.fromkeys(
        (
            "marketo_sfdc_length",
            "marketo_nulls",
            "marketo_created_form",
            "marketo_folder_form",
            "marketo_id_numbers",
            "marketo_activity_id",
            "marketo_deletions_listed",
            "marketo_merge_ids",
            "marketo_user_ids",
            "salesforce_id_Lead",
            "salesforce_id_Contact",
            "salesforce_time_form",
            "salesforce_packages",
            "salesforce_remote_sites",
        ),
        "",
    )


def test_a_refusal_is_an_answer(connected: SalesAccount, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice/", "kind": "marketo:603"})
    refused = {found.question.code: found.answer for found in probe(connected) if found.verdict == Verdict.REFUSED}
    assert refused.keys() >= {"marketo_users_bare", "marketo_user_ids", "marketo_admin_role", "marketo_all_zones"}
    assert refused["marketo_admin_role"] == "603"


def test_without_connections_nothing_is_asked(account: SalesAccount) -> None:
    assert {found.verdict for found in probe(account)} == {Verdict.NOT_CONNECTED}
    assert report(probe(account))["format"] == 1
    with pytest.raises(CommandError, match="no Sales account"):
        call_command("probe", "--account", "nobody")
