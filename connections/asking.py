"""
Questions to a provider keep a web worker waiting, so each is asked for one person at a time, or for so few of an
account that one whose provider hangs leaves threads to all others. And of all of them together a process asks so many
at a time that it goes on making pages, and so many of one account that others can ask, too.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from common.places import Places
from common.throttling import HeldError, exclusive
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem

# Of what changes something: whoever presses a button twice sees what the second press finds.
PRESSES = 2
# Of each process by itself: it is its threads that are short.
all_places = Places(lambda threads: threads - 2)
_of_account: defaultdict[int | None, Places] = defaultdict(lambda: Places(lambda _threads: all_places.number * 2 // 3))


@contextmanager
def asking(what: str, account_id: int | None, *, of: int | None = None, places: int = 1) -> Iterator[None]:
    """
    Ask for something of an account's, such as its package; `of` says of which, where that is not the account itself.
    None is whoever has no account yet.

    Raises ConnectionProblem while the same is asked for somebody else, or for as many as there are `places`; or while
    this process asks for too much else, of this account or of all.
    """
    name = f"{what}-{account_id if of is None else of}"
    with ExitStack() as held:
        take_thread(held, _of_account[account_id], all_places)
        for place in range(places):
            with suppress(HeldError):
                held.enter_context(exclusive(f"{name}-{place}" if place else name))
                break
        else:
            raise ConnectionProblem(ProblemCode.ASKED_JUST_NOW)
        yield


def take_thread(held: ExitStack, *shares: Places) -> None:
    """Take a place of each share until `held` ends. Raises ConnectionProblem where there is none."""
    for share in shares:
        if not share.take():
            raise ConnectionProblem(ProblemCode.ASKED_TOO_MUCH)
        held.callback(share.give_back)
