"""Pages of a bulk file made by two processes: a large export uses both cores and does not hold up other calls."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, lru_cache
from typing import Final

from sandbox.columns import Sheet
from sandbox.people import Deriver
from sandbox.settings import Settings

WORKERS: Final = 2
_PAGES_AHEAD: Final = 2 * WORKERS


def pages(settings: Settings, names: list[str], delimiter: str, spans: Iterable[range]) -> Iterator[bytes]:
    """The text of each span of ids, in order; a span lies within one page of ids."""
    waiting: deque[Future[bytes]] = deque()
    for span in spans:
        waiting.append(_pool().submit(_make_page, settings, tuple(names), delimiter, span))
        if len(waiting) > _PAGES_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@cache
def _pool() -> ProcessPoolExecutor:
    """Started at the first large file; the workers end with the process that started them, however that ends."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(WORKERS, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    # Ctrl-C is for the sandbox itself, which then lets its workers go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


@lru_cache(maxsize=4)
def _sheet(settings: Settings, names: tuple[str, ...], delimiter: str) -> Sheet:
    return Sheet(Deriver(settings), list(names), delimiter)


def _make_page(settings: Settings, names: tuple[str, ...], delimiter: str, span: range) -> bytes:
    return _sheet(settings, names, delimiter).text(span)
