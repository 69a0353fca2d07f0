"""Bulk lead extracts: the life of an export job and the making of its file."""

import csv
import hashlib
import io
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from sandbox.marketo.envelope import MarketoError, datetime_text
from sandbox.marketo.fields import Field
from sandbox.marketo.limits import central_day
from sandbox.people import Person
from sandbox.world import World

MOST_PROCESSING: Final = 2
MOST_WAITING: Final = 10
FILE_DAYS: Final = 7
DELIMITERS: Final = {"CSV": ",", "TSV": "\t", "SSV": ";"}
_ROWS_AT_ONCE: Final = 2_000
_FINAL: Final = frozenset({"Completed", "Failed", "Cancelled"})


@dataclass
class Export:
    """One job. ``start`` and ``end`` bound the created or updated time (``clock``), both ends inclusive."""

    fields: list[Field]
    headers: list[str]
    format: str
    clock: str
    start: float
    end: float
    created: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Created"
    queued: float | None = None
    started: float | None = None
    finished: float | None = None
    rows: int = 0
    size: int = 0
    checksum: str = ""
    fault: str = ""
    path: Path | None = None
    making: threading.Thread | None = None

    def as_dict(self) -> dict[str, Any]:
        """The status record; a key appears once its value is known."""
        times = {
            "createdAt": self.created,
            "queuedAt": self.queued,
            "startedAt": self.started,
            "finishedAt": self.finished,
        }
        record: dict[str, Any] = {"exportId": self.id, "format": self.format, "status": self.status}
        record |= {name: datetime_text(value) for name, value in times.items() if value is not None}
        if self.status == "Completed":
            record |= {"numberOfRecords": self.rows, "fileSize": self.size, "fileChecksum": f"sha256:{self.checksum}"}
        if self.status == "Failed":
            record["errorMsg"] = "Export failed. The sandbox was asked to fail it."
        return record


class Exports:
    """All jobs of the instance. Jobs step forward whenever somebody asks about one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._jobs: dict[str, Export] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-exports-")

    def add(self, export: Export) -> None:
        """MarketoError 1029 when the day's quota is spent."""
        self._step()
        self._refuse_over_quota()
        self._jobs[export.id] = export

    def all(self) -> list[Export]:
        self._step()
        return list(self._jobs.values())

    def get(self, export_id: str) -> Export:
        """MarketoError 1013 for an unknown job."""
        self._step()
        if export_id not in self._jobs:
            raise MarketoError("1013", f"Export job not found: {export_id}")
        return self._jobs[export_id]

    def enqueue(self, export_id: str, fault: str) -> Export:
        """MarketoError 1029 when it is enqueued already, the queue is full or the day's quota is spent."""
        export = self.get(export_id)
        if export.status != "Created":
            raise MarketoError("1029", "Job already queued")
        if sum(job.status in {"Queued", "Processing"} for job in self._jobs.values()) >= MOST_WAITING:
            raise MarketoError("1029", "Too many jobs in queue")
        self._refuse_over_quota()
        export.status, export.queued, export.fault = "Queued", self.world.clock.timestamp(), fault
        return export

    def cancel(self, export_id: str) -> Export:
        export = self.get(export_id)
        if export.status in _FINAL:
            raise MarketoError("1003", f"Export job is already {export.status}")
        self._finish(export, "Cancelled")
        return export

    def file(self, export_id: str) -> Path | None:
        """The finished file while it is kept; None in every other case."""
        self._step()
        export = self._jobs.get(export_id)
        if export is None or export.status != "Completed" or export.finished is None:
            return None
        kept = self.world.clock.timestamp() < export.finished + FILE_DAYS * 86_400
        return export.path if kept else None

    def _refuse_over_quota(self) -> None:
        megabytes = self.world.switches.export_megabytes
        if self.bytes_on(central_day(self.world.clock.timestamp())) >= megabytes * 1_000_000:
            raise MarketoError("1029", f"Export daily quota {megabytes:g}MB exceeded.")

    def bytes_on(self, day: date) -> int:
        """What the exports that completed on a day cost of its quota."""
        completed = (job for job in self._jobs.values() if job.status == "Completed" and job.finished is not None)
        return sum(job.size for job in completed if central_day(job.finished or 0) == day)

    def _step(self) -> None:
        for job in self._jobs.values():
            if job.status == "Processing" and self._is_over(job):
                made = "Completed" if job.checksum else "Failed"
                self._finish(job, {"failed": "Failed", "cancelled": "Cancelled"}.get(job.fault, made))
        processing = sum(job.status == "Processing" for job in self._jobs.values())
        queued = sorted((job for job in self._jobs.values() if job.status == "Queued"), key=lambda job: job.queued or 0)
        for job in queued[: max(0, MOST_PROCESSING - processing)]:
            self._start(job)

    def _is_over(self, job: Export) -> bool:
        if job.fault == "stuck" or job.making is None or job.making.is_alive():
            return False
        return self.world.clock.timestamp() >= (job.started or 0) + self.world.switches.export_seconds

    def _start(self, job: Export) -> None:
        job.status, job.started = "Processing", self.world.clock.timestamp()
        job.path = Path(self._folder.name, job.id)
        # A daemon, so that a long export does not hold up the end of the process.
        job.making = threading.Thread(target=write_file, args=(self.world, job, job.path), daemon=True)
        job.making.start()

    def _finish(self, job: Export, status: str) -> None:
        job.status, job.finished = status, self.world.clock.timestamp()


def write_file(world: World, job: Export, path: Path) -> None:
    """Write the job's rows; sets its row count, size and checksum. Memory stays flat whatever the number of people."""
    digest, text = hashlib.sha256(), io.StringIO()
    writer = csv.writer(text, delimiter=DELIMITERS[job.format], lineterminator="\n")
    writer.writerow(job.headers)
    with path.open("wb") as file:
        for values in _rows(world, job):
            writer.writerow(values)
            job.rows += 1
            if job.rows % _ROWS_AT_ONCE == 0:
                _flush(text, file, digest)
            if job.status != "Processing":
                return
        if job.fault == "bad_row":
            writer.writerow(["1", "one cell more or less than the header has"] * len(job.headers))
        _flush(text, file, digest)
        job.size = file.tell()
    job.checksum = digest.hexdigest() if job.fault != "bad_checksum" else "0" * 64


def _flush(text: io.StringIO, file: io.BufferedWriter, digest: "hashlib._Hash") -> None:
    content = text.getvalue().encode()
    file.write(content)
    digest.update(content)
    text.seek(0)
    text.truncate()


def _rows(world: World, job: Export) -> Iterator[list[Any]]:
    readers = [_text(item) for item in job.fields]
    names = [item.name for item in job.fields]
    title = names.index("title") if world.switches.hostile_rows and "title" in names else None
    for person in _people(world, job):
        # Empty is the bare word null; nothing tells it from a text "null" (Adobe documentation, "Bulk Lead Extract").
        values = ["null" if (value := read(person)) is None else value for read in readers]
        if title is not None and person.marketo_id % 7 == 0:
            values[title] += "\0" if person.marketo_id % 2 else "\rAssistant"
        yield values


def _text(item: Field) -> Callable[[Person], Any]:
    """A reader of what the file says; only booleans look different there."""
    if item.data_type != "boolean":
        return item.read
    return lambda person: "true" if item.read(person) else "false"


def _people(world: World, job: Export) -> Iterator[Person]:
    if job.clock == "updatedAt":
        return (person for person in world.people() if job.start <= person.updated <= job.end)
    return (
        person for person in world.people_created_around(job.start, job.end) if job.start <= person.created <= job.end
    )
