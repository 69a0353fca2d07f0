"""An account that was synced, and follows changes."""

from tests.sync.conftest import change, connected, first_syncs, running_sandbox, sync, synced

__all__ = ["change", "connected", "first_syncs", "running_sandbox", "sync", "synced"]
