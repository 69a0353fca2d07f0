"""An account that was synced from one org, before it moves to another."""

from tests.sync.conftest import change, connected, first_syncs, running_sandbox, sync, synced

__all__ = ["change", "connected", "first_syncs", "running_sandbox", "sync", "synced"]
