"""No two declare the same key."""

import pytest

from common.registry import unique


def test_a_key_belongs_to_whoever_declared_it() -> None:
    assert unique([("a", 1), ("b", 2)]) == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match="'a' is declared twice"):
        unique([("a", 1), ("a", 1)])
