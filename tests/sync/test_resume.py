"""Files that are too large to come in one piece."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sync.engine.load import CHUNK_BYTES
from sync.models import Extract, RunStatus
from tests.sandbox_process import SandboxProcess
from tests.sync.conftest import Sync

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[SandboxProcess]:
    with SandboxProcess.start(people=6000) as process:
        settings.SANDBOX_ORIGIN = process.url
        yield process


def test_a_dropped_download_goes_on_where_it_broke(sync: Sync, sandbox: SandboxProcess) -> None:
    drop = {"path": r"file\.json", "kind": "truncate", "after_bytes": CHUNK_BYTES + 1_000, "nth": 1}
    sandbox.post("/_sandbox/faults", drop)
    run = sync()
    assert run.status == RunStatus.SUCCEEDED
    assert run.synced == sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert 206 in {call["status"] for call in sandbox.get("/_sandbox/calls")}
    assert not Extract.objects.of_run(run).exclude(last_problem="").exists()
