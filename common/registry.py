"""Declarations of several files gathered into one table."""

from collections.abc import Iterable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def unique(declared: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    """The table of what was declared, by key; ValueError for a key that two have chosen."""
    table: dict[Key, Value] = {}
    for key, value in declared:
        if key in table:
            raise ValueError(f"{key!r} is declared twice")
        table[key] = value
    return table
