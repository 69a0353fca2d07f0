"""Bulk API 2.0 query jobs (Bulk API 2.0 Developer Guide, "Query Jobs").

A job writes its whole result to a temporary file, so that pages can be read again and memory stays flat.
"""

from __future__ import annotations

import threading
import zlib
from array import array
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, islice
from tempfile import TemporaryFile
from typing import IO, Any, Final

from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from sandbox.salesforce.api import Call, accepts_gzip, route
from sandbox.salesforce.bulk_files import Rows
from sandbox.salesforce.bulk_rows import DELIMITERS, LINE_ENDINGS
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan, json_value
from sandbox.salesforce.rows import WORLD_OBJECTS
from sandbox.salesforce.setup_rows import setup_id

FINAL_STATES: Final = frozenset({"JobComplete", "Aborted", "Failed"})
JOB_TYPE: Final = {"jobType": "V2Query"}
CHUNK_BYTES: Final = 256 * 1024
DEFAULT_PAGE: Final = 100_000
PARALLEL_PAGES: Final = 5
SMALLEST_PAGE: Final = 200
# Salesforce, "Bulk API 2.0 and Bulk API Limits": jobs and their results are deleted after seven days.
KEPT: Final = timedelta(days=7)


@dataclass(eq=False)
class BulkJob:
    """One query job. `starts` holds the byte offset of every row in `file`, and the end of the last."""

    id: str
    plan: Plan
    operation: str
    created_by: str
    created_at: datetime
    ready_at: datetime
    version: float
    delimiter: str
    line_ending: str
    file: IO[bytes] = field(default_factory=TemporaryFile)
    starts: array[int] = field(default_factory=lambda: array("Q", [0]))
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_written: bool = False
    is_aborted: bool = False
    error: str = ""
    fault: str = ""

    @property
    def rows(self) -> Rows:
        return Rows(self.plan, DELIMITERS[self.delimiter], LINE_ENDINGS[self.line_ending])

    @property
    def row_count(self) -> int:
        return len(self.starts) - 1

    def state(self, now: datetime) -> str:
        if self.is_aborted:
            return "Aborted"
        if self.fault == "bulk_stuck":
            return "InProgress"
        if self.error:
            return "Failed"
        return "JobComplete" if self.is_written and now >= self.ready_at else "InProgress"


class QueryJobs(dict[str, BulkJob]):
    """The query jobs of an org, by id."""


def routes(org: Org) -> list[BaseRoute]:
    return [
        *route(org, "/jobs/query", _jobs, ("GET", "POST")),
        *route(org, "/jobs/query/{job_id}", _job, ("GET", "PATCH", "DELETE")),
        *route(org, "/jobs/query/{job_id}/results", _results),
        *route(org, "/jobs/query/{job_id}/resultPages", _result_pages),
    ]


def _jobs(call: Call) -> dict[str, Any]:
    if call.request.method == "POST":
        return _create(call)
    return {
        "done": True,
        "records": [_identified(job, call) | JOB_TYPE for job in call.org.keep(QueryJobs).values()],
        "nextRecordsUrl": None,
    }


def _create(call: Call) -> dict[str, Any]:
    asked = call.json()
    operation = asked.get("operation")
    if operation not in {"query", "queryAll"}:
        raise SalesforceError("INVALIDJOB", "operation must be query or queryAll")
    delimiter, line_ending = asked.get("columnDelimiter", "COMMA"), asked.get("lineEnding", "LF")
    if delimiter not in DELIMITERS or line_ending not in LINE_ENDINGS or asked.get("contentType", "CSV") != "CSV":
        raise SalesforceError("INVALIDJOB", "contentType, columnDelimiter or lineEnding is not supported")
    job = start_query(call, operation, str(asked.get("query", "")), delimiter, line_ending)
    call.org.keep(QueryJobs)[job.id] = job
    return _described(job, call) | {"state": "UploadComplete"}


def start_query(
    call: Call, operation: str, statement: str, delimiter: str = "COMMA", line_ending: str = "LF"
) -> BulkJob:
    """A job whose query has begun to run. Raises SalesforceError for a query that no bulk job can run."""
    plan = Plan(call.org, statement, username=call.username, include_deleted=operation == "queryAll")
    _check_plan(plan)
    now = call.org.world.clock.now()
    job = BulkJob(
        id=setup_id("750", next(call.org.numbers)),
        plan=plan,
        operation=operation,
        created_by=call.username,
        created_at=now,
        ready_at=now + timedelta(seconds=call.org.world.switches.bulk_seconds),
        version=float(call.request.path_params["version"]),
        delimiter=delimiter,
        line_ending=line_ending,
        fault=call.fault,
        is_aborted=call.fault == "bulk_aborted",
        error="InternalServerError : Query processing failed" if call.fault == "bulk_failed" else "",
    )
    threading.Thread(target=_write, args=(job,), daemon=True).start()
    return job


def _check_plan(plan: Plan) -> None:
    if plan.sobject.name not in WORLD_OBJECTS | {"Task"}:
        raise SalesforceError("INVALIDENTITY", f"Entity '{plan.sobject.name}' is not supported by the Bulk API.")
    query = plan.query
    if query.is_count or query.is_aggregate or query.offset:
        raise SalesforceError(
            "API_ERROR", "Implementation restriction: GROUP BY, OFFSET and aggregates are not supported"
        )
    if any(plan.paths.field(column.path).is_compound for column in query.columns):
        raise SalesforceError("INVALID_FIELD", "Selecting compound data not supported in Bulk Query")


def _described(job: BulkJob, call: Call) -> dict[str, Any]:
    return _identified(job, call) | {"lineEnding": job.line_ending, "columnDelimiter": job.delimiter}


def _identified(job: BulkJob, call: Call) -> dict[str, Any]:
    """A job as lists and aborting show it, without the form of its file."""
    created_at = json_value(job.created_at)
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.plan.sobject.name,
        "createdById": call.org.user(job.created_by)["Id"],
        "createdDate": created_at,
        "systemModstamp": created_at,
        "state": job.state(call.org.world.clock.now()),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": job.version,
    }


def _job(call: Call) -> Any:
    job = _named_job(call)
    if call.request.method == "DELETE":
        return _delete(job, call)
    if call.request.method == "PATCH":
        return _abort(job, call)
    found = _described(job, call) | {
        **JOB_TYPE,
        "numberRecordsProcessed": job.row_count if job.is_written else 0,
        "retries": 0,
        "totalProcessingTime": int((job.ready_at - job.created_at).total_seconds() * 1000),
        "isPkChunkingSupported": True,
    }
    return found | {"errorMessage": job.error} if job.error else found


def _named_job(call: Call) -> BulkJob:
    job = call.org.keep(QueryJobs).get(call.request.path_params["job_id"])
    if job is None or call.org.world.clock.now() - job.created_at > KEPT:
        raise not_found()
    return job


def _delete(job: BulkJob, call: Call) -> Response:
    if job.state(call.org.world.clock.now()) not in FINAL_STATES:
        raise SalesforceError("INVALIDJOBSTATE", "Only a finished job can be deleted. Abort it first.")
    del call.org.keep(QueryJobs)[job.id]
    job.file.close()
    return Response(status_code=204)


def _abort(job: BulkJob, call: Call) -> dict[str, Any]:
    if call.json().get("state") != "Aborted":
        raise SalesforceError("INVALIDJOBSTATE", "A query job can only be set to Aborted.")
    if job.state(call.org.world.clock.now()) in FINAL_STATES:
        raise SalesforceError("INVALIDJOBSTATE", "The job is finished already.")
    job.is_aborted = True
    return _identified(job, call)


def _write(job: BulkJob) -> None:
    """Run the query into the job's file. What goes wrong becomes the job's errorMessage: no caller is there to hear."""
    try:
        _write_rows(job)
        job.is_written = True
    except Exception as error:  # noqa: BLE001
        job.error = f"InternalServerError : {error}"


def _write_rows(job: BulkJob) -> None:
    for text, sizes in job.rows.blocks():
        if job.is_aborted or job.error or job.fault == "bulk_empty":
            return
        job.file.write(text)
        job.starts.extend(islice(accumulate(sizes, initial=job.starts[-1]), 1, None))
    job.file.flush()


def _finished_job(call: Call) -> BulkJob:
    job = _named_job(call)
    if job.state(call.org.world.clock.now()) != "JobComplete":
        raise SalesforceError("INVALIDJOBSTATE", "The results can be read when the job's state is JobComplete.")
    return job


def _result_pages(call: Call) -> dict[str, Any]:
    """Up to five addresses to read the results from at the same time ("Get Parallel Results for a Query Job")."""
    job = _finished_job(call)
    size = min(DEFAULT_PAGE, max(SMALLEST_PAGE, -(-job.row_count // PARALLEL_PAGES)))
    first = _read_locator(call.request.query_params.get("locator", ""), job)
    starts = range(first, max(job.row_count, 1), size)
    path = f"{call.base}/jobs/query/{job.id}"
    pages = [
        f"{path}/results?maxRecords={size}" + (f"&locator={_locator(row)}" if row else "")
        for row in starts[:PARALLEL_PAGES]
    ]
    is_done = len(starts) <= PARALLEL_PAGES
    following = None if is_done else f"{path}/resultPages?locator={_locator(starts[PARALLEL_PAGES])}"
    return {"resultPages": [{"resultLink": page} for page in pages], "nextRecordsUrl": following, "done": is_done}


def _results(call: Call) -> Response:
    job = _finished_job(call)
    first = _read_locator(call.request.query_params.get("locator", ""), job)
    last = min(first + _max_records(call), job.row_count)
    headers = {
        "Sforce-NumberOfRecords": str(last - first),
        "Sforce-Locator": _locator(last) if last < job.row_count else "null",
    }
    chunks = result_chunks(job, first, last)
    if accepts_gzip(call.request):
        headers["Content-Encoding"] = "gzip"
        chunks = _compressed(chunks)
    return StreamingResponse(chunks, media_type="text/csv", headers=headers)


def _max_records(call: Call) -> int:
    asked = call.request.query_params.get("maxRecords", str(DEFAULT_PAGE))
    if not asked.isdigit() or int(asked) < 1:
        raise SalesforceError("API_ERROR", "maxRecords must be a number greater than zero")
    return int(asked)


def _locator(row: int) -> str:
    return urlsafe_b64encode(str(row).encode()).decode().rstrip("=")


def _read_locator(text: str, job: BulkJob) -> int:
    if not text or text == "null":
        return 0
    try:
        row = int(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator") from error
    if not 0 < row < job.row_count:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return row


def result_chunks(job: BulkJob, first: int, last: int) -> Iterator[bytes]:
    """The header row, then the rows from `first` up to `last`."""
    yield job.rows.header.encode()
    position, end = job.starts[first], job.starts[last]
    while position < end:
        with job.lock:
            job.file.seek(position)
            chunk = job.file.read(min(CHUNK_BYTES, end - position))
        position += len(chunk)
        yield chunk


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # 16 added to the window size asks zlib for the gzip format.
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()
