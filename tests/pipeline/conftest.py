"""An account connected to both sides of the sandbox, as in the room below."""

from tests.sync.conftest import (
    answers,
    change,
    connected,
    first_syncs,
    running_sandbox,
    sync,
    synced,
)

__all__ = ["answers", "change", "connected", "first_syncs", "running_sandbox", "sync", "synced"]
