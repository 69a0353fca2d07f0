"""
`python -m pytest -p tests.browser.slow_pages tests/browser`: every page comes in two halves, with a pause between them.

A click ends when the next page begins to come. A test that reads at once, instead of waiting for what it looks for,
passes on a quiet machine and fails on a busy one; here it fails each time.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponseBase

PAUSE_SECONDS = 0.4


class TwoHalves:
    """What a server sends of a page, and then of the rest of it."""

    def __init__(self, page: HttpResponseBase) -> None:
        self.close = page.close
        self._body = b"".join(page)

    def __iter__(self) -> Iterator[bytes]:
        middle = len(self._body) // 2
        yield self._body[:middle]
        time.sleep(PAUSE_SECONDS)
        yield self._body[middle:]


@pytest.fixture(scope="session", autouse=True)
def _slow_pages() -> Iterator[None]:
    """Only live servers come by this: a test client calls another handler."""
    usual = WSGIHandler.__call__

    def slowly(handler: WSGIHandler, *request: Any) -> Any:
        answer = usual(handler, *request)
        is_page = isinstance(answer, HttpResponseBase) and "text/html" in answer.get("Content-Type", "")
        return TwoHalves(answer) if is_page else answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIHandler, "__call__", slowly)
        yield
