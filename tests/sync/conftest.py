"""An account connected to both sides of the sandbox, and runs driven without workers."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from sandbox.testing import SandboxProcess
from sync.models import SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.altered_answers import AlteredAnswers
from tests.sync.driving import finish
from tests.sync.remembered import Remembered, put_back, take, world_of

Sync = Callable[[], SyncRun]
Change = Callable[..., list[int]]
PREVIEW = "/marketo/sales-insight/actions-config/sync/"


@pytest.fixture(scope="session")
def running_sandbox(short_sandbox: SandboxProcess) -> SandboxProcess:
    return short_sandbox


@pytest.fixture
def connected(
    account: SalesAccount,
    marketo_connection: MarketoConnection,
    salesforce_connection: SalesforceConnection,
    sandbox: SandboxProcess,
) -> SalesAccount:
    """The account with both connections, to a sandbox that does not make anybody wait."""
    # Tests cut waits short, and would meet the limit of calls in 20 seconds.
    sandbox.post("/_sandbox/switches", {"export_seconds": 0, "bulk_seconds": 0, "rate_limit": 10_000})
    return account


@pytest.fixture
def sync(connected: SalesAccount, admin: User) -> Sync:
    """Start a run and work on it until it ends."""
    return lambda: finish(start_sync(account=connected, started_by=admin))


@pytest.fixture(scope="session")
def first_syncs() -> dict[str, Remembered]:
    """What the first full sync of each world has left behind, once there was one."""
    return {}


@pytest.fixture
def synced(
    sync: Sync, connected: SalesAccount, admin: User, sandbox: SandboxProcess, first_syncs: dict[str, Remembered]
) -> SalesAccount:
    """The account after a full sync."""
    world = world_of(sandbox)
    if world in first_syncs:
        put_back(first_syncs[world], connected, admin)
    else:
        assert sync().status == RunStatus.SUCCEEDED
        first_syncs[world] = take()
    return connected


@pytest.fixture
def change(sandbox: SandboxProcess) -> Change:
    def do(action: str, *ids: int, **values: Any) -> list[int]:
        answer = sandbox.post("/_sandbox/people", {"action": action, **({"ids": ids} if ids else {}), **values})
        return list(answer["ids"])

    return do


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> AlteredAnswers:
    """What providers answer, as a test changes it."""
    return AlteredAnswers(monkeypatch)
