"""People who were merged in Marketo: the losers leave the copy, however Marketo spells who they are."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import SalesAccount
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.conftest import Sync
from tests.sync.driving import finish

pytestmark = pytest.mark.django_db(transaction=True)

Spelling = Callable[[int, int], Any]
ACTIVITIES = r"/rest/v1/activities\.json"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> AlteredAnswers:
    """Salesforce tells of no change, so that the losers are known by Marketo's activity alone."""
    answers = AlteredAnswers(monkeypatch)
    answers.alter("SystemModstamp", lambda answer, _request: answer | {"records": []})
    return answers


@pytest.fixture
def merged(synced: SalesAccount, sandbox: SandboxProcess) -> tuple[int, int, int]:
    """The winner and the losers of a merge in Marketo, of which Salesforce keeps the records."""
    winner, *losers = _people(synced)[:3]
    path = f"/rest/v1/leads/{winner}/merge.json"
    ids = ",".join(map(str, losers))
    assert Marketo(sandbox.url).send("POST", path, params={"leadIds": ids}).json()["success"]
    return winner, losers[0], losers[1]


def _people(account: SalesAccount) -> list[int]:
    leads = Person.objects.for_account(account).live().filter(salesforce_type="Lead")
    return list(leads.order_by("marketo_id").values_list("marketo_id", flat=True))


def sync_changes(account: SalesAccount) -> SyncRun:
    return finish(start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL))


def gone(account: SalesAccount) -> dict[int, str]:
    people = Person.objects.for_account(account).exclude(removed_at=None)
    return dict(people.values_list("marketo_id", "removed_reason"))


def test_the_losers_of_a_merge_leave(
    synced: SalesAccount, merged: tuple[int, int, int], answers: AlteredAnswers
) -> None:
    winner, *losers = merged
    run = sync_changes(synced)
    assert (run.status, run.failure, run.removed) == (RunStatus.SUCCEEDED, "", 2)
    assert gone(synced) == dict.fromkeys(losers, "merged_in_marketo")
    assert winner in _people(synced)


# How the losers are spelt, and how many of them can be found.
SPELLINGS: dict[str, tuple[Spelling, int]] = {
    "partly odd": (lambda first, _second: [first, None, "somebody@acme.example"], 1),
    "odd": (lambda _first, _second: {"ids": "somebody@acme.example"}, 0),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_losers_that_cannot_be_read_do_not_stop_the_run(
    *,
    name: str,
    synced: SalesAccount,
    merged: tuple[int, int, int],
    sync: Sync,
    answers: AlteredAnswers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Those who are not known stay in the copy: nobody has said that they are gone."""
    _winner, *losers = merged
    spelling, found = SPELLINGS[name]
    answers.alter(ACTIVITIES, lambda answer, _request: _spelt(answer, spelling(*losers)))
    run = sync_changes(synced)
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert run.seen == 1, "the winner is read again in any case"
    assert gone(synced) == dict.fromkeys(losers[:found], "merged_in_marketo")
    assert sum("value_unreadable" in record.getMessage() for record in caplog.records) == 2, "the look, the stream"
    assert "somebody" not in caplog.text
    run = sync()
    assert (run.status, run.removed, run.kept) == (RunStatus.SUCCEEDED, 0, {"not_shown_by_marketo": 2 - found})
    assert gone(synced) == dict.fromkeys(losers[:found], "merged_in_marketo")


def _spelt(answer: dict[str, Any], losers: Any) -> dict[str, Any]:
    for activity in answer["result"]:
        activity["attributes"] = [{"name": "Merge IDs", "value": losers}]
    return answer
