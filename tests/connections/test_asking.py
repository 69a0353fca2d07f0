"""Whatever hangs, and of however many accounts: threads of a web process are left for all other pages."""

from contextlib import ExitStack

import pytest

from common.places import Places
from connections.asking import all_places, asking
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem

pytestmark = pytest.mark.usefixtures("servers")


def test_a_process_asks_so_many_things_at_a_time_that_threads_are_left() -> None:
    """Security statement 15: one admin took all threads by eight buttons, each of which is pressed by few at a time."""
    with ExitStack() as others:
        for number in range(all_places.number):
            others.enter_context(asking("something", number))
        with pytest.raises(ConnectionProblem) as refused, asking("something-else", 999):
            pass
        assert refused.value.code == ProblemCode.ASKED_TOO_MUCH
    with asking("something-else", 999), pytest.raises(ConnectionProblem), asking("something-else", 999):
        pass
    with asking("something-else", 999):
        pass


def test_an_account_whose_provider_hangs_leaves_places_to_others() -> None:
    """Security statement 15: its admins could have kept everybody else from connecting."""
    with ExitStack() as theirs:
        for number in range(4):
            theirs.enter_context(asking("something", 17, of=number))
        with pytest.raises(ConnectionProblem), asking("something-else", 17):
            pass
        with asking("something-else", 18), asking("something", 18):
            pass
    with asking("something-else", 17):
        pass


@pytest.mark.parametrize(("threads", "number"), [(1, 1), (2, 1), (4, 2), (8, 4), (9, 4)])
def test_a_share_of_the_threads_may_wait(threads: int, number: int) -> None:
    half = Places(lambda threads: threads // 2)
    half.share_of(threads)
    assert [half.take() for _ in range(number + 1)] == [True] * number + [False]
