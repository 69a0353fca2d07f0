"""People of an account that was synced."""

from tests.sync.conftest import answers, change, connected, first_syncs, running_sandbox, sync, synced

__all__ = ["answers", "change", "connected", "first_syncs", "running_sandbox", "sync", "synced"]
