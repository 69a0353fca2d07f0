"""Several calls in one: `/composite` and graphs with references between them, `/composite/batch` without, and trees.

Every part goes through the same resources as a call of its own would (REST API Developer Guide, "Composite Resources").
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.routing import BaseRoute, Router
from starlette.types import Message

from sandbox.salesforce import writes
from sandbox.salesforce.api import IN_COMPOSITE, Call, json_response, route
from sandbox.salesforce.collections import savepoint
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org

MAX_PARTS: Final = 25
MAX_QUERIES: Final = 5
MAX_GRAPHS: Final = 75
MAX_NODES: Final = 500
MAX_TREE: Final = 200
REFERENCE: Final = re.compile(r"@\{([A-Za-z]\w*)((?:\.\w+|\[\d+\])+)\}", re.ASCII)
STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
HALTED: Final = {
    "errorCode": "PROCESSING_HALTED",
    "message": "The transaction was rolled back since another operation in the same transaction failed.",
}
Part = dict[str, Any]


class Composite:
    """The composite resources over the org's other resources."""

    def __init__(self, org: Org, resources: list[BaseRoute]) -> None:
        self.org = org
        self.router = Router(resources)

    def routes(self) -> list[BaseRoute]:
        return [
            *route(self.org, "/composite", self.composite, ("POST",)),
            *route(self.org, "/composite/batch", self.batch, ("POST",)),
            *route(self.org, "/composite/graph", self.graph, ("POST",)),
            *route(self.org, "/composite/tree/{sobject}", self.tree, ("POST",)),
        ]

    async def composite(self, call: Call) -> dict[str, list[Part]]:
        asked = call.json()
        parts = _parts(asked.get("compositeRequest"))
        _check_references(parts)
        if sum(bool(re.search("/query|/composite/sobjects", part["url"])) for part in parts) > MAX_QUERIES:
            raise SalesforceError("INVALID_INPUT", f"Up to {MAX_QUERIES} of the parts can be queries or collections")
        answers, _ = await self._run(call, parts, is_all_or_none=asked.get("allOrNone") is True)
        return {"compositeResponse": answers}

    async def graph(self, call: Call) -> dict[str, list[Part]]:
        """Several composites, each of which is done as a whole or not at all."""
        graphs = call.json().get("graphs")
        if not isinstance(graphs, list) or not all(isinstance(item, dict) and "graphId" in item for item in graphs):
            raise SalesforceError("INVALID_INPUT", "graphs must be a list of objects with a graphId")
        if not 0 < len(graphs) <= MAX_GRAPHS:
            raise SalesforceError("INVALID_INPUT", f"A request has 1 to {MAX_GRAPHS} graphs")
        nodes = [_parts(item.get("compositeRequest"), MAX_NODES) for item in graphs]
        if sum(map(len, nodes)) > MAX_NODES:
            raise SalesforceError("INVALID_INPUT", f"All graphs together have at most {MAX_NODES} nodes")
        results = []
        for item, parts in zip(graphs, nodes, strict=True):
            _check_references(parts)
            answers, is_done = await self._run(call, parts, is_all_or_none=True)
            response = {"compositeResponse": answers}
            results.append({"graphId": item["graphId"], "graphResponse": response, "isSuccessful": is_done})
        return {"graphs": results}

    async def _run(self, call: Call, parts: list[Part], *, is_all_or_none: bool) -> tuple[list[Part], bool]:
        """The answer to every part, and whether none of them failed."""
        undo = savepoint(self.org)
        answers: dict[str, Part] = {}
        for part in parts:
            answers[str(part["referenceId"])] = await self._answered(call, part, answers)
            if is_all_or_none and _has_failed(answers[str(part["referenceId"])]):
                undo()
                return _halted(parts, answers), False
        return list(answers.values()), not any(map(_has_failed, answers.values()))

    async def _answered(self, call: Call, part: Part, answers: dict[str, Part]) -> Part:
        """The answer to one part, in which references to earlier answers are replaced by their values."""
        try:
            url, body = (_resolved(part.get(name), answers) for name in ("url", "body"))
            status, headers, content = await self._call(call, part["method"], url, body)
        except SalesforceError as error:
            status, headers, content = error.status, {}, [error.as_dict()]
        shown = {name.title(): value for name, value in headers.items() if name == "location"}
        return {"body": content, "httpHeaders": shown, "httpStatusCode": status, "referenceId": part["referenceId"]}

    async def batch(self, call: Call) -> Part:
        parts = _parts(call.json().get("batchRequests"))
        results = []
        for part in parts:
            base = call.base.rpartition("/")[0]
            url = part["url"] if part["url"].startswith("/") else f"{base}/{part['url']}"
            status, _, content = await self._call(call, part["method"], url, part.get("richInput"))
            results.append({"statusCode": status, "result": content})
        return {"hasErrors": any(item["statusCode"] >= 400 for item in results), "results": results}

    async def _call(self, call: Call, method: str, url: str, body: Any) -> tuple[int, dict[str, str], Any]:
        """One part as a call of its own, with the token of the whole but not counted against the limit."""
        parts = urlsplit(url)
        kept = [pair for pair in call.request.scope["headers"] if pair[0] in {b"authorization", b"host"}]
        scope = dict(call.request.scope) | {
            "method": method.upper(),
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [*kept, (b"content-type", b"application/json")],
            IN_COMPOSITE: True,
        }
        return await _ask(self.router, scope, b"" if body is None else json.dumps(body).encode())

    def tree(self, call: Call) -> Any:
        """Records with their children in one go; one refusal and none is made."""
        records = call.json().get("records")
        if not isinstance(records, list) or len(records) > MAX_TREE:
            raise SalesforceError("INVALID_INPUT", f"records must be a list of at most {MAX_TREE} records")
        undo, results, errors = savepoint(self.org), [], []
        for record in records:
            reference = record.get("attributes", {}).get("referenceId")
            try:
                sobject = writes.writable(call.access, call.request.path_params["sobject"])
                made = writes.create(self.org, sobject, record, call.username)
                results.append({"referenceId": reference, "id": made})
            except SalesforceError as error:
                errors.append({"referenceId": reference, "errors": [error.as_row_error()]})
        if errors:
            undo()
        status = 400 if errors else 201
        return json_response(call.request, {"hasErrors": bool(errors), "results": errors or results}, status)


def _parts(asked: Any, most: int = MAX_PARTS) -> list[Part]:
    if not isinstance(asked, list) or not 0 < len(asked) <= most:
        raise SalesforceError("INVALID_INPUT", f"A composite request has 1 to {most} parts")
    if not all(isinstance(part, dict) and {"method", "url"} <= part.keys() for part in asked):
        raise SalesforceError("INVALID_INPUT", "Every part needs a method and a url")
    return asked


def _check_references(parts: list[Part]) -> None:
    if not all("referenceId" in part for part in parts):
        raise SalesforceError("INVALID_INPUT", "Every part needs a referenceId")


def _has_failed(answer: Part) -> bool:
    return bool(answer["httpStatusCode"] >= 400)


def _halted(parts: list[Part], answers: dict[str, Part]) -> list[Part]:
    """Every part's answer after a roll-back: the failed one keeps its own, the innocent are halted."""
    halted = {"body": [HALTED], "httpHeaders": {}, "httpStatusCode": 400}
    failed = {name: answer for name, answer in answers.items() if _has_failed(answer)}
    return [failed.get(str(part["referenceId"]), halted | {"referenceId": part["referenceId"]}) for part in parts]


def _resolved(value: Any, answers: dict[str, Part]) -> Any:
    """A value in which `@{reference.id}` is replaced. Raises SalesforceError PROCESSING_HALTED."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: str(_look_up(match, answers)), value)
    if isinstance(value, dict):
        return {key: _resolved(item, answers) for key, item in value.items()}
    return [_resolved(item, answers) for item in value] if isinstance(value, list) else value


def _look_up(match: re.Match[str], answers: dict[str, Part]) -> Any:
    try:
        found = answers[match[1]]["body"]
        for name, position in STEP.findall(match[2]):
            found = found[name] if name else found[int(position)]
    except (KeyError, IndexError, TypeError):
        sentence = f"Invalid reference specified. No value for {match[0][2:-1]} found"
        raise SalesforceError("PROCESSING_HALTED", sentence) from None
    return found


async def _ask(router: Router, scope: dict[str, Any], body: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON content of the answer to a request that is made in this process."""
    status, headers, chunks = 500, {}, []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        chunks.append(message.get("body", b""))

    await router(Request(scope).scope, receive, send)
    content = b"".join(chunks)
    return status, headers, json.loads(content) if content else None
