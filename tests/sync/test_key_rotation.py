"""Keys of stored secrets are changed while a run is on its way."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.models import Extract
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_goes_on_while_keys_are_rotated(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, settings: Settings
) -> None:
    """Security statement 7: connected before, with new tokens in between, and without the old key at the end."""
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED).exists)
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    sandbox.post("/_sandbox/salesforce", {"action": "end_sessions"})
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED)[1:].exists)
    call_command("rotate_encryption_keys", verbosity=0)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert finish(run).status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
