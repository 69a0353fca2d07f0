"""
Questions to a provider keep a web worker waiting, so each is asked for one person at a time, or for so few of an
account that one whose provider hangs leaves threads to all others.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from common.throttling import HeldError, exclusive
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem

# Of what changes something: whoever presses a button twice sees what the second press finds.
PRESSES = 2


@contextmanager
def asking(name: str, *, places: int = 1) -> Iterator[None]:
    """
    Ask for something, such as `package-17` for the package of account 17.

    Raises ConnectionProblem while the same is asked for somebody else, or for as many as there are `places`.
    """
    with ExitStack() as lock:
        for place in range(places):
            with suppress(HeldError):
                lock.enter_context(exclusive(f"{name}-{place}" if place else name))
                break
        else:
            raise ConnectionProblem(ProblemCode.ASKED_JUST_NOW)
        yield
