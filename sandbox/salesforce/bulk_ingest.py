"""Bulk API 2.0 ingest jobs (Bulk API 2.0 Developer Guide, "Bulk API 2.0 Ingest")."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.salesforce.api import Call, route
from sandbox.salesforce.bulk_rows import (
    DELIMITERS,
    LINE_ENDINGS,
    Upload,
    error_text,
    read_csv,
    values_of,
    write_csv,
)
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import json_value
from sandbox.salesforce.setup_rows import setup_id

FINAL_STATES: Final = frozenset({"JobComplete", "Aborted", "Failed"})
# Rows written before other calls get a turn.
TURN: Final = 200
MAX_BYTES: Final = 150_000_000


@dataclass(eq=False)
class IngestJob:
    """One upload. The three result files are kept as rows with their headers."""

    id: str
    upload: Upload
    created_at: datetime
    version: float
    delimiter: str
    line_ending: str
    state: str = "Open"
    content: str = ""
    ready_at: datetime | None = None
    header: list[str] = field(default_factory=list)
    successful: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)
    error: str = ""
    task: asyncio.Task[None] | None = None

    def shown_state(self, now: datetime) -> str:
        is_early = self.state == "JobComplete" and self.ready_at is not None and now < self.ready_at
        return "InProgress" if is_early else self.state


class IngestJobs(dict[str, IngestJob]):
    """The uploads of an org, by id."""


def routes(org: Org) -> list[BaseRoute]:
    return [
        *route(org, "/jobs/ingest", _jobs, ("GET", "POST")),
        *route(org, "/jobs/ingest/{job_id}", _job, ("GET", "PATCH", "DELETE")),
        *route(org, "/jobs/ingest/{job_id}/batches", _batches, ("PUT",)),
        *route(org, "/jobs/ingest/{job_id}/{file}", _results),
    ]


def _jobs(call: Call) -> dict[str, Any]:
    if call.method == "GET":
        records = [_described(job, call) for job in call.org.keep(IngestJobs).values()]
        return {"done": True, "records": records, "nextRecordsUrl": None}
    asked = call.json()
    delimiter, line_ending = asked.get("columnDelimiter", "COMMA"), asked.get("lineEnding", "LF")
    if delimiter not in DELIMITERS or line_ending not in LINE_ENDINGS or asked.get("contentType", "CSV") != "CSV":
        raise SalesforceError("INVALIDJOB", "contentType, columnDelimiter or lineEnding is not supported")
    key = str(asked.get("externalIdFieldName") or "")
    upload = Upload(call.org, str(asked.get("object", "")), str(asked.get("operation", "")), key, call.username)
    version = float(call.request.path_params["version"])
    job_id = setup_id("750", next(call.org.numbers))
    job = IngestJob(job_id, upload, call.org.world.clock.now(), version, delimiter, line_ending)
    call.org.keep(IngestJobs)[job.id] = job
    return _described(job, call)


def _described(job: IngestJob, call: Call) -> dict[str, Any]:
    return _identified(job, call) | {
        "contentUrl": f"{call.base.lstrip('/')}/jobs/ingest/{job.id}/batches",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
        "jobType": "V2Ingest",
    }


def _identified(job: IngestJob, call: Call) -> dict[str, Any]:
    """A job as the answer to a new state shows it, without the form of its file."""
    created_at = json_value(job.created_at)
    key = {"externalIdFieldName": job.upload.external_id} if job.upload.external_id else {}
    return {
        "id": job.id,
        "operation": job.upload.operation,
        "object": job.upload.sobject.name,
        "createdById": call.org.user(job.upload.username)["Id"],
        "createdDate": created_at,
        "systemModstamp": created_at,
        "state": job.shown_state(call.org.world.clock.now()),
        **key,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": job.version,
    }


def _named_job(call: Call) -> IngestJob:
    job = call.org.keep(IngestJobs).get(call.request.path_params["job_id"])
    if job is None:
        raise not_found()
    return job


def _batches(call: Call) -> Response:
    """The one upload of a job."""
    job = _named_job(call)
    if job.state != "Open" or job.content:
        raise SalesforceError("INVALIDJOBSTATE", "The job is not open or has its data already.")
    if "text/csv" not in call.request.headers.get("content-type", ""):
        raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", "The data must be text/csv", 415)
    if len(call.body) > MAX_BYTES:
        raise SalesforceError("LIMIT_EXCEEDED", f"The data must not exceed {MAX_BYTES} bytes")
    job.content = call.body.decode("utf-8-sig", "replace")
    return Response(status_code=201)


def _job(call: Call) -> Any:
    job = _named_job(call)
    if call.method == "DELETE":
        return _delete(job, call)
    if call.method == "PATCH":
        return _move(job, call)
    elapsed = int((call.org.world.clock.now() - job.created_at).total_seconds() * 1000)
    found = _described(job, call) | {
        "numberRecordsProcessed": len(job.successful) + len(job.failed),
        "numberRecordsFailed": len(job.failed),
        "retries": 0,
        "totalProcessingTime": elapsed,
        "apiActiveProcessingTime": elapsed,
        "apexProcessingTime": 0,
    }
    return found | {"errorMessage": job.error} if job.error else found


def _delete(job: IngestJob, call: Call) -> Response:
    if job.shown_state(call.org.world.clock.now()) not in FINAL_STATES:
        raise SalesforceError("INVALIDJOBSTATE", "Only a finished job can be deleted. Abort it first.")
    del call.org.keep(IngestJobs)[job.id]
    return Response(status_code=204)


def _move(job: IngestJob, call: Call) -> dict[str, Any]:
    asked = call.json().get("state")
    if asked == "Aborted" and job.state not in FINAL_STATES:
        job.state = "Aborted"
    elif asked == "UploadComplete" and job.state == "Open":
        job.state = "UploadComplete"
        job.ready_at = call.org.world.clock.now() + timedelta(seconds=call.org.world.switches.bulk_seconds)
        job.task = asyncio.create_task(_process(job))
    else:
        raise SalesforceError("INVALIDJOBSTATE", f"A job that is {job.state} cannot become {asked}.")
    return _identified(job, call)


async def _process(job: IngestJob) -> None:
    """Write the rows, a few at a time. A file that cannot be read fails the whole job."""
    try:
        job.header, job.unprocessed = read_csv(job.content, DELIMITERS[job.delimiter])
    except SalesforceError as error:
        job.state, job.error = "Failed", f"{error.code} : {error.message}"
        return
    job.unprocessed.reverse()
    job.state = "InProgress"
    while job.unprocessed and job.state == "InProgress":
        for _ in range(min(TURN, len(job.unprocessed))):
            _process_row(job, job.unprocessed.pop())
        await asyncio.sleep(0)
    job.state = "JobComplete" if job.state == "InProgress" else job.state


def _process_row(job: IngestJob, cells: list[str]) -> None:
    result = job.upload.write(values_of(job.header, cells))
    if result["success"]:
        job.successful.append([result["id"], str(result["created"]).lower(), *cells])
    else:
        job.failed.append(["", error_text(result), *cells])


def _results(call: Call) -> Response:
    """One of the result files, each with a header even when it has no rows."""
    job = _named_job(call)
    files = {
        "successfulResults": [["sf__Id", "sf__Created", *job.header], *job.successful],
        "failedResults": [["sf__Id", "sf__Error", *job.header], *job.failed],
        "unprocessedrecords": [job.header, *reversed(job.unprocessed)],
    }
    rows = files.get(call.request.path_params["file"])
    if rows is None:
        raise not_found()
    if job.shown_state(call.org.world.clock.now()) not in FINAL_STATES:
        raise SalesforceError("INVALIDJOBSTATE", "The results can be read when the job is finished.")
    text = write_csv(rows, DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending])
    return Response(text, media_type="text/csv")
