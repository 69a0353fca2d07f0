"""An account connected to both sides of the sandbox, and runs driven without workers."""

from collections.abc import Callable, Iterator

import pytest

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from sync.models import SyncRun
from sync.services import start_sync
from tests.connections.salesforce_sign_in import signed_in
from tests.sandbox_process import SandboxProcess
from tests.sync.driving import finish

Sync = Callable[[], SyncRun]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    """People who came within two windows: what a run costs grows with them."""
    with SandboxProcess.start(people=300, days=45) as process:
        yield process


@pytest.fixture
def marketo_connection(account: SalesAccount, admin: User, instance: MarketoInstance) -> MarketoConnection:
    instance.account = account
    instance.save()
    return MarketoConnection.objects.create(
        account=account,
        owner=admin,
        munchkin_id=instance.munchkin_id,
        endpoint=instance.endpoint,
        client_id=instance.client_id,
        client_secret=instance.client_secret,
    )


@pytest.fixture
def salesforce_connection(account: SalesAccount, admin: User, sandbox: SandboxProcess) -> SalesforceConnection:
    tokens = signed_in(sandbox)
    return SalesforceConnection.objects.create(
        account=account,
        connected_by=admin,
        login_origin=sandbox.url,
        instance_url=sandbox.url,
        org_id=tokens.org_id,
        org_name="Acme Inc",
        is_sandbox=False,
        user_id=tokens.user_id,
        username="admin@acme.example",
        scopes="api refresh_token",
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or "",
    )


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
