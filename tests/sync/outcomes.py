"""How a run must have ended."""

from sandbox.testing import SandboxProcess
from sync.models import Person, SyncRun
from sync.statuses import RunStatus


def assert_complete(run: SyncRun, sandbox: SandboxProcess, may_repeat: bool = False) -> None:
    """Everybody whom the sandbox has is in the copy or left out by their reason; rows that came twice may be, too."""
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    skipped = {reason: count for reason, count in run.skipped.items() if not (may_repeat and reason == "repeated")}
    assert {"synced": run.synced, **skipped} == expected
    assert Person.objects.for_account(run.account).live().count() == expected["synced"]
