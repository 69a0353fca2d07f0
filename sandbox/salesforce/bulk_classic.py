"""Bulk API 1.0 (Bulk API Developer Guide): jobs of batches below `/services/async`, as JSON or XML.

What is about a job is answered in the format of the request; what is about batches and results, in the job's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.salesforce.api import Call, check_session
from sandbox.salesforce.bulk import BulkJob, result_chunks, start_query
from sandbox.salesforce.bulk_rows import Upload, error_text, read_csv, values_of, write_csv
from sandbox.salesforce.collections import Result
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import json_value
from sandbox.salesforce.setup_rows import setup_id
from sandbox.salesforce.xml import DECLARATION, element, leaves

NAMESPACE: Final = "http://www.force.com/2009/06/asyncapi/dataload"
BASE: Final = "/services/async/{version}/job"
OLDEST: Final = 31
DEFAULT_CHUNK: Final = 100_000
LARGEST_CHUNK: Final = 250_000
# The codes of this API for the errors of the others.
CODES: Final = {
    "INVALID_SESSION_ID": "InvalidSessionId",
    "REQUEST_LIMIT_EXCEEDED": "ExceededQuota",
    "API_CURRENTLY_DISABLED": "FeatureNotEnabled",
}
Answer = dict[str, Any]


@dataclass(eq=False)
class Batch:
    """One batch: a query and its rows from `first` to `last`, or the results of an upload. `source` came in."""

    id: str
    source: bytes
    query: BulkJob | None = None
    first: int = 0
    last: int | None = None
    results: list[Result] = field(default_factory=list)
    error: str = ""
    is_chunked: bool = False

    def state(self, now: datetime) -> str:
        if self.is_chunked:
            # The batch that was divided into others is itself never processed.
            return "NotProcessed"
        if self.error:
            return "Failed"
        states = {"JobComplete": "Completed", "Failed": "Failed"}
        return states.get(self.query.state(now), "InProgress") if self.query else "Completed"

    def message(self) -> str:
        return self.error or (self.query.error if self.query else "")

    def row_count(self) -> int:
        if self.query is None:
            return len(self.results)
        last = self.query.row_count if self.last is None else self.last
        return last - self.first if self.query.is_written else 0


@dataclass(eq=False)
class ClassicJob:
    """One job; `chunk_size` is set when its query is divided by primary key."""

    id: str
    operation: str
    sobject: str
    content_type: str
    external_id: str
    created_by: str
    created_at: datetime
    version: float
    concurrency: str
    chunk_size: int
    state: str = "Open"
    batches: dict[str, Batch] = field(default_factory=dict)

    @property
    def is_query(self) -> bool:
        return self.operation in {"query", "queryAll"}

    @property
    def is_json(self) -> bool:
        return self.content_type == "JSON"


class ClassicJobs(dict[str, ClassicJob]):
    """The jobs of an org, by id."""


Handler = Callable[[Call], Response]


def routes(org: Org) -> list[BaseRoute]:
    batch = BASE + "/{job_id}/batch"
    return [
        *_route(org, BASE, _create_job, ("POST",)),
        *_route(org, BASE + "/{job_id}", _job, ("GET", "POST")),
        *_route(org, batch, _batches, ("GET", "POST")),
        *_route(org, batch + "/{batch_id}", _batch, ("GET",)),
        *_route(org, batch + "/{batch_id}/request", _source, ("GET",)),
        *_route(org, batch + "/{batch_id}/result", _result_list, ("GET",)),
        *_route(org, batch + "/{batch_id}/result/{result_id}", _result, ("GET",)),
    ]


def _route(org: Org, path: str, handler: Handler, methods: tuple[str, ...]) -> list[BaseRoute]:
    async def answer(request: Request) -> Response:
        body = await request.body()
        try:
            _check_version(request.path_params["version"])
            username = check_session(org, request, request.headers.get("x-sfdc-session", ""))
            return handler(Call(org, request, username, body))
        except SalesforceError as error:
            code = CODES.get(error.code, error.code)
            content = {"exceptionCode": code, "exceptionMessage": error.message}
            return _answer("error", content, is_json=_sends_json(request), status=400)

    return [Route(path, answer, methods=methods), Route(path + "/", answer, methods=methods)]


def _check_version(version: str) -> None:
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST:
        raise SalesforceError("InvalidVersion", f"Api version {version} is not supported")


def _sends_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "")


def _answer(name: str, content: Any, *, is_json: bool, status: int = 200) -> Response:
    """JSON, or XML with `name` as the outermost element. Clients compare the media type whole: it has no charset."""
    if is_json:
        return Response(json.dumps(content), status, {"Content-Type": "application/json"})
    return Response(DECLARATION + element(name, content, NAMESPACE), status, {"Content-Type": "application/xml"})


def _fields(call: Call) -> dict[str, Any]:
    """What was posted about a job, as JSON or XML."""
    return call.json() if _sends_json(call.request) else dict(leaves(call.body.decode()))


def _create_job(call: Call) -> Response:
    asked = _fields(call)
    content_type = str(asked.get("contentType", "XML"))
    if content_type not in {"CSV", "JSON"}:
        raise SalesforceError("InvalidJob", f"The content type {content_type} is not served here")
    operation, sobject = str(asked.get("operation", "")), call.access.sobject(str(asked.get("object", "")))
    if sobject is None:
        raise SalesforceError("InvalidEntity", f"There is no object {asked.get('object')}")
    key = str(asked.get("externalIdFieldName") or "")
    if operation not in {"query", "queryAll"}:
        Upload(call.org, sobject.name, operation, key, call.username)
    job = ClassicJob(
        id=setup_id("750", next(call.org.numbers)),
        operation=operation,
        sobject=sobject.name,
        content_type=content_type,
        external_id=key,
        created_by=call.username,
        created_at=call.org.world.clock.now(),
        version=float(call.request.path_params["version"]),
        concurrency=str(asked.get("concurrencyMode") or "Parallel"),
        chunk_size=_chunk_size(call.request),
    )
    call.org.keep(ClassicJobs)[job.id] = job
    return _answer("jobInfo", _described(job, call), is_json=_sends_json(call.request), status=201)


def _chunk_size(request: Request) -> int:
    """Rows of a chunk by the header `Sforce-Enable-PKChunking: chunkSize=N`; 0 without chunking."""
    asked = request.headers.get("sforce-enable-pkchunking", "FALSE")
    if asked.strip().lower() == "false":
        return 0
    options = dict(part.strip().partition("=")[::2] for part in asked.split(";"))
    size = options.get("chunkSize", "")
    return min(int(size), LARGEST_CHUNK) if size.isdigit() and int(size) else DEFAULT_CHUNK


def _described(job: ClassicJob, call: Call) -> Answer:
    now = call.org.world.clock.now()
    states = [batch.state(now) for batch in job.batches.values()]
    failed = sum(not result["success"] for batch in job.batches.values() for result in batch.results)
    return {
        "apexProcessingTime": 0,
        "apiActiveProcessingTime": 0,
        "apiVersion": job.version,
        "assignmentRuleId": None,
        "concurrencyMode": job.concurrency,
        "contentType": job.content_type,
        "createdById": call.org.user(job.created_by)["Id"],
        "createdDate": json_value(job.created_at),
        "externalIdFieldName": job.external_id or None,
        "fastPathEnabled": False,
        "id": job.id,
        "numberBatchesCompleted": states.count("Completed"),
        "numberBatchesFailed": states.count("Failed"),
        "numberBatchesInProgress": states.count("InProgress"),
        "numberBatchesQueued": 0,
        "numberBatchesTotal": len(states),
        "numberRecordsFailed": failed,
        "numberRecordsProcessed": sum(batch.row_count() for batch in job.batches.values()),
        "numberRetries": 0,
        "object": job.sobject,
        "operation": job.operation,
        "state": job.state,
        "systemModstamp": json_value(job.created_at),
        "totalProcessingTime": 0,
    }


def _named_job(call: Call) -> ClassicJob:
    job = call.org.keep(ClassicJobs).get(call.request.path_params["job_id"])
    if job is None:
        raise SalesforceError("InvalidJob", f"Invalid job id: {call.request.path_params['job_id']}")
    return job


def _job(call: Call) -> Response:
    job = _named_job(call)
    if call.request.method == "POST":
        asked = str(_fields(call).get("state"))
        if asked not in {"Closed", "Aborted"} or job.state != "Open":
            raise SalesforceError("InvalidJobState", f"A job that is {job.state} cannot become {asked}")
        job.state = asked
    return _answer("jobInfo", _described(job, call), is_json=_sends_json(call.request))


def _batches(call: Call) -> Response:
    job = _named_job(call)
    if call.request.method == "POST":
        batch = _add_batch(job, call)
        return _answer("batchInfo", _batch_info(job, batch, call), is_json=job.is_json, status=201)
    _divide(job, call)
    infos = [_batch_info(job, batch, call) for batch in job.batches.values()]
    return _answer("batchInfoList", {"batchInfo": infos}, is_json=job.is_json)


def _add_batch(job: ClassicJob, call: Call) -> Batch:
    if job.state != "Open":
        raise SalesforceError("InvalidJobState", "The job is closed")
    batch = Batch(setup_id("751", next(call.org.numbers)), call.body)
    try:
        if job.is_query:
            batch.query = start_query(call, job.operation, call.body.decode())
            batch.is_chunked = bool(job.chunk_size)
        else:
            batch.results = _written(job, call)
    except SalesforceError as error:
        batch.error = f"InvalidBatch : {error.message}"
    job.batches[batch.id] = batch
    return batch


def _written(job: ClassicJob, call: Call) -> list[Result]:
    upload = Upload(call.org, job.sobject, job.operation, job.external_id, call.username)
    if job.is_json:
        rows = json.loads(call.body)
    else:
        header, lines = read_csv(call.body.decode("utf-8-sig"), ",")
        rows = [values_of(header, cells) for cells in lines]
    return [upload.write(row) for row in rows]


def _divide(job: ClassicJob, call: Call) -> None:
    """Add the batches a chunked query is divided into, once its rows are known."""
    whole = next((batch for batch in job.batches.values() if batch.is_chunked), None)
    if whole is None or whole.query is None or not whole.query.is_written or len(job.batches) > 1:
        return
    for first in range(0, whole.query.row_count, job.chunk_size):
        last = min(first + job.chunk_size, whole.query.row_count)
        batch = Batch(setup_id("751", next(call.org.numbers)), whole.source, whole.query, first, last)
        job.batches[batch.id] = batch


def _batch_info(job: ClassicJob, batch: Batch, call: Call) -> Answer:
    return {
        "apexProcessingTime": 0,
        "apiActiveProcessingTime": 0,
        "createdDate": json_value(job.created_at),
        "id": batch.id,
        "jobId": job.id,
        "numberRecordsFailed": sum(not result["success"] for result in batch.results),
        "numberRecordsProcessed": batch.row_count(),
        "state": batch.state(call.org.world.clock.now()),
        "stateMessage": batch.message() or None,
        "systemModstamp": json_value(job.created_at),
        "totalProcessingTime": 0,
    }


def _named_batch(call: Call) -> tuple[ClassicJob, Batch]:
    job = _named_job(call)
    batch = job.batches.get(call.request.path_params["batch_id"])
    if batch is None:
        raise SalesforceError("InvalidBatch", f"Invalid batch id: {call.request.path_params['batch_id']}")
    return job, batch


def _batch(call: Call) -> Response:
    job, batch = _named_batch(call)
    return _answer("batchInfo", _batch_info(job, batch, call), is_json=job.is_json)


def _source(call: Call) -> Response:
    job, batch = _named_batch(call)
    return Response(batch.source, media_type="application/json" if job.is_json else "text/csv")


def _result_list(call: Call) -> Response:
    """For a query the ids of its results; for an upload the results themselves."""
    job, batch = _named_batch(call)
    if batch.state(call.org.world.clock.now()) != "Completed":
        raise SalesforceError("InvalidBatch", "Batch not completed")
    if job.is_query:
        result_id = "752" + batch.id[3:]
        return _answer("result-list", [result_id] if job.is_json else {"result": [result_id]}, is_json=job.is_json)
    if job.is_json:
        return _answer("results", [{"id": None, "created": False, **result} for result in batch.results], is_json=True)
    rows = [
        [
            str(item.get("id", "")),
            str(item["success"]).lower(),
            str(item.get("created", False)).lower(),
            error_text(item),
        ]
        for item in batch.results
    ]
    return Response(write_csv([["Id", "Success", "Created", "Error"], *rows]), media_type="text/csv")


def _result(call: Call) -> Response:
    job, batch = _named_batch(call)
    query = batch.query
    if query is None or call.request.path_params["result_id"] != "752" + batch.id[3:]:
        raise SalesforceError("InvalidBatch", "There is no such result")
    last = query.row_count if batch.last is None else batch.last
    if not job.is_json:
        return StreamingResponse(result_chunks(query, batch.first, last), media_type="text/csv")
    base = f"/services/data/v{call.request.path_params['version']}"
    records = [query.plan.record(row, base) for row in islice(query.plan.matches(), batch.first, last)]
    return _answer("queryResult", records, is_json=True)
