"""Questions to a provider keep a web worker waiting, so each is asked for one person at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from common.throttling import HeldError, exclusive
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem


@contextmanager
def asking(name: str) -> Iterator[None]:
    """
    Ask for something, such as `package-17` for the package of account 17.

    Raises ConnectionProblem while the same is asked for somebody else.
    """
    with ExitStack() as lock:
        try:
            lock.enter_context(exclusive(name))
        except HeldError:
            raise ConnectionProblem(ProblemCode.ASKED_JUST_NOW) from None
        yield
