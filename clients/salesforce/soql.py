"""Pieces of SOQL that hold values from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

# Many addresses and ids fit into a query, whose address must stay below 16,384 bytes.
_BATCH = 150


def literals(values: Iterable[str]) -> str:
    """Texts for `IN (...)`, quoted and escaped (SOQL and SOSL Reference, "Quoted String Escape Sequences")."""
    escaped = (value.replace("\\", "\\\\").replace("'", "\\'") for value in values)
    return ", ".join(f"'{value}'" for value in escaped)


def batches(values: Iterable[str]) -> Iterator[Sequence[str]]:
    """The values in an order that stays the same, each once, in pieces that a query takes."""
    ordered = sorted(set(values))
    yield from (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))
