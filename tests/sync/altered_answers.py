"""Answers of the sandbox, changed on their way to the console into ones that it would not give itself."""

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

# Makes another answer of one that came, given what was asked; of JSON, or of the body's bytes where it is none.
Change = Callable[[Any, PreparedRequest], Any]


def in_each_part(change: Change) -> Change:
    """The same change of what each part of a composite call finds."""

    def altered(answer: Any, request: PreparedRequest) -> Any:
        for part in answer["compositeResponse"]:
            part["body"] = change(part["body"], request)
        return answer

    return altered


class AlteredAnswers:
    """Changes answers to calls whose path and query match a pattern, as if the network brought them so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._changes: list[tuple[re.Pattern[str], Change]] = []
        send = HTTPAdapter.send

        def altered(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
            response = send(adapter, request, **options)
            for pattern, change in self._changes:
                if pattern.search(request.path_url):
                    _alter(response, change, request)
            return response

        monkeypatch.setattr(HTTPAdapter, "send", altered)

    def alter(self, pattern: str, change: Change) -> None:
        self._changes.append((re.compile(pattern), change))

    def stop(self) -> None:
        self._changes.clear()


def _alter(response: Response, change: Change, request: PreparedRequest) -> None:
    if response.status_code >= 400:
        return
    is_json = "json" in response.headers.get("Content-Type", "")
    answer = change(response.json() if is_json else response, request)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    for name in ("Content-Encoding", "Transfer-Encoding"):
        response.headers.pop(name, None)
    response.headers["Content-Length"] = str(len(body))
    response.raw = HTTPResponse(BytesIO(body), dict(response.headers), 200, preload_content=False)
    response._content, response._content_consumed = False, False  # type: ignore[assignment,attr-defined]
