"""How long calls to providers take and how they end, for monitoring. Labels are words of ours, never an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from prometheus_client import Histogram

CALLS = Histogram(
    "msi_provider_call_duration_seconds",
    "Calls to Marketo and Salesforce, with their second try, by how they ended.",
    ["provider", "outcome"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)


class CallMeasure:
    """One call; whoever learns how it ended says so."""

    outcome = "answered"


@contextmanager
def measured_call(provider: str) -> Iterator[CallMeasure]:
    """Count and time what is done inside."""
    measure, began = CallMeasure(), monotonic()
    try:
        yield measure
    finally:
        CALLS.labels(provider, measure.outcome).observe(monotonic() - began)
