"""What follows a transaction and undoes nothing of it when it fails, such as a message to a worker."""

from collections.abc import Callable

from django.db import transaction


def after_commit(follow: Callable[..., object], *args: object, **named: object) -> None:
    """
    Call `follow` once the transaction is over, at once where there is none; what it raises is written to the log.

    Django's own `on_commit(partial(...), robust=True)` raises before it writes: a partial has no name to write down
    (Django ticket 36487, mended in 6.1).
    """

    def call() -> None:
        follow(*args, **named)

    transaction.on_commit(call, robust=True)
