"""Is this process to end soon? Asked by work that another can begin anew; shared with the children of a worker."""

import mmap

# One byte that processes forked later share; writing it is safe in the middle of a signal.
_FLAG = mmap.mmap(-1, 1)


def begin() -> None:
    """From now on this process, and those that it has forked, end what can be ended."""
    _FLAG[0] = 1


def has_begun() -> bool:
    return bool(_FLAG[0])
