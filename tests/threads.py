"""Several people, or workers, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")


def at_once(count: int, do: Callable[[int], Answer]) -> list[Answer]:
    """The answers of so many threads that begin together, each with its number and its own database connection."""
    start = Barrier(count)

    def work(number: int) -> Answer:
        start.wait(timeout=60)
        try:
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, range(count)))
