"""Pages of a bulk file made by two processes: a large export uses both cores and does not hold up other calls."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from sandbox.csv_writer import Made, Sheet
from sandbox.record_ids import IDS_OF_A_PAGE

WORKERS: Final = 2
PAGES_MADE_HERE: Final = 4
"""More pages than these are worth the start of other processes."""

_PAGES_AHEAD: Final = 2 * WORKERS
S = TypeVar("S", bound=Sheet[Any])


def pages(
    kind: type[S], values: tuple[Any, ...], ids: range, changed: set[int], patch: Callable[[S, range, set[int]], Made]
) -> Iterator[Made]:
    """What a sheet of some kind makes of people, page by page; ``patch`` makes the pages on which somebody has changed.

    ``values`` is what the sheet is constructed with, all hashable and fit for another process.
    """
    spans = _spans(ids)
    changes: dict[int, set[int]] = {}
    for number in changed:
        changes.setdefault(number // IDS_OF_A_PAGE, set()).add(number)
    sheet = kind(*values)
    plain = [span for span in spans if span.start // IDS_OF_A_PAGE not in changes]
    ready = _made_by_workers(kind, values, plain) if len(plain) > PAGES_MADE_HERE else map(sheet.make, plain)
    for span in spans:
        found = changes.get(span.start // IDS_OF_A_PAGE)
        yield patch(sheet, span, found.intersection(span)) if found else next(ready)


def _spans(ids: range) -> list[range]:
    """The ids by page."""
    starts = range(ids.start // IDS_OF_A_PAGE * IDS_OF_A_PAGE, ids.stop, IDS_OF_A_PAGE) if ids else ()
    return [range(max(ids.start, start), min(ids.stop, start + IDS_OF_A_PAGE)) for start in starts]


def _made_by_workers(kind: type[Sheet[Made]], values: tuple[Any, ...], spans: list[range]) -> Iterator[Made]:
    waiting: deque[Future[Made]] = deque()
    for span in spans:
        waiting.append(_pool().submit(_make, kind, values, span))
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
def _sheet(kind: type[Sheet[Any]], values: tuple[Any, ...]) -> Sheet[Any]:
    return kind(*values)


def _make(kind: type[Sheet[Made]], values: tuple[Any, ...], span: range) -> Made:
    sheet: Sheet[Made] = _sheet(kind, values)
    return sheet.make(span)
