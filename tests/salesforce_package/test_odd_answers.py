"""Answers of another shape than documented: each is a finding about the items that asked for it, and about no other."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import SalesAccount
from clients.salesforce.client import SalesforceClient
from connections.models import SalesforceConnection
from connections.services.client_factory import salesforce_client
from salesforce_package.checks import check_org, look
from salesforce_package.items.checklist import EVIDENCE, ITEMS
from salesforce_package.items.declaration import Check
from salesforce_package.org import Expectation, Finding, Org, State
from salesforce_package.services import expectation_of

# What stands where something else should, in the types that JSON has.
ODD: tuple[Any, ...] = (None, [], {}, "text", 7)
Question = tuple[str, str]
Answers = dict[Question, Any]
# Of a described field all else is left out, to keep the table short.
DESCRIBED = {"name", "label", "type", "length", "updateable", "permissionable", "picklistValues", "active", "value"}
DESCRIBED |= {"fields", "queryable", "defaultValue"}


class Recorder:
    """Stands in for the calls of a client: passes them on and keeps the answers, or answers from what is kept."""

    def __init__(self, client: SalesforceClient, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ask, self.answers, self.asked = client._rest, Answers(), set[Question]()
        self.is_recording = True
        monkeypatch.setattr(client, "_rest", self.answer)

    def answer(self, path: str, **options: Any) -> Any:
        question = path, options.get("params", {}).get("q", "")
        self.asked.add(question)
        if self.is_recording and question not in self.answers:
            found = self._ask(path, **options)
            self.answers[question] = _only_used(found) if path.endswith("/describe") else found
        return self.answers[question]


def _only_used(found: Any) -> Any:
    if isinstance(found, list):
        return [_only_used(item) for item in found[:80]]
    if isinstance(found, dict):
        return {key: _only_used(value) for key, value in found.items() if key in DESCRIBED}
    return found


def spoiled(answer: Any, value: Any) -> Iterator[Any]:
    """The answer with `value` in the place of each part of another type, in every element of a list at once."""
    if type(answer) is not type(value):
        yield value
    if isinstance(answer, dict):
        for key in answer:
            for part in spoiled(answer[key], value):
                yield {**answer, key: part}
    if isinstance(answer, list) and answer:
        yield [value]
        for key in answer[0] if isinstance(answer[0], dict) else ():
            for part in spoiled(answer[0][key], value):
                yield [{**item, key: part} if isinstance(item, dict) else item for item in answer]


@pytest.mark.usefixtures("configured_org")
def test_an_odd_answer_is_a_finding_about_what_asked_for_it_alone(
    checked: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = SalesforceConnection.objects.for_account(checked).get()
    client = salesforce_client(connection)
    recorder = Recorder(client, monkeypatch)
    expected = expectation_of(checked, connection)
    clean = check_org(client, expected)
    recorder.is_recording = False
    asking = {key: _questions_of(key, client, recorder, expected) for key in clean}
    told, whole = 0, dict(recorder.answers)
    for question in set().union(*asking.values()):
        for value in ODD:
            recorder.answers = whole | {question: value}
            found = check_org(client, expected)
            assert all(found[key] == clean[key] or question in asking[key] for key in clean), (question, value)
            for answer in spoiled(whole[question], value):
                recorder.answers = whole | {question: answer}
                org = Org(client, client.organization(), expected)
                for key in (key for key in clean if question in asking[key]):
                    finding = look(_check(key), org)
                    told += _is_told(finding)
                    assert finding == clean[key] or not _is_green(finding), (key, question, answer)
    assert told > 1_000


def _is_green(finding: Finding) -> bool:
    """A package may well have no version."""
    return finding.state is State.DONE and finding.code != "installed"


def _questions_of(key: str, client: SalesforceClient, recorder: Recorder, expected: Expectation) -> set[Question]:
    org = Org(client, client.organization(), expected)
    recorder.asked.clear()
    _check(key)(org)
    return set(recorder.asked)


def _check(key: str) -> Check:
    check = ITEMS[key].check
    assert check
    return check


def _is_told(finding: Finding) -> bool:
    """It can be kept and shown."""
    json.dumps(finding.values)
    return all(str(EVIDENCE[item.code] % item.values) for item in (finding, *finding.parts))
