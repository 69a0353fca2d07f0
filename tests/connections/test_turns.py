"""One at a time, and only so many in an hour."""

import pytest
from django.core.cache import cache

from connections.problems import ConnectionProblem
from connections.turns import count_use, turn

pytestmark = pytest.mark.usefixtures("servers")


def test_a_turn_is_given_back() -> None:
    with turn("package-1"), pytest.raises(ConnectionProblem, match="asked_just_now"), turn("package-1"):
        pass
    with turn("package-1"):
        pass


def test_whoever_takes_too_long_does_not_give_back_somebody_else_s_turn() -> None:
    with turn("package-1"):
        cache.delete("turn-package-1")  # it took so long that the key expired
        others = turn("package-1")
        others.__enter__()
    with pytest.raises(ConnectionProblem), turn("package-1"):
        pass
    others.__exit__(None, None, None)


def test_a_count_that_expires_while_it_is_made_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [count_use("links-1", seconds=60) for _time in range(3)] == [1, 2, 3]
    monkeypatch.setattr(cache, "add", lambda *_given: cache.delete("links-1"))
    assert count_use("links-1", seconds=60) == 1
