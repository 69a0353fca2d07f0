"""The life of bulk export jobs: created, queued, processed two at a time, and kept for a while."""

import tempfile
import threading
import uuid
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

from sandbox.marketo.envelope import MarketoError, datetime_text
from sandbox.marketo.export_files import Made, Order, write_file
from sandbox.marketo.limits import central_day
from sandbox.marketo.lists import Lists
from sandbox.world import World

MOST_PROCESSING: Final = 2
MOST_WAITING: Final = 10
FILE_DAYS: Final = 7
STATUS_DAYS: Final = 30
_FINAL: Final = frozenset({"Completed", "Failed", "Cancelled"})
_NOT_KEPT: Final = frozenset({"path", "making"})


@dataclass
class Export:
    """One job of the API user ``owner``; ``kind`` is leads or activities, ``filter`` its one filter as it was asked."""

    kind: str
    owner: str
    fields: list[str]
    headers: list[str]
    format: str
    filter: dict[str, Any]
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
    shown: dict[str, Any] = field(default_factory=dict)
    shown_at: float = 0
    path: Path | None = None
    making: threading.Thread | None = None

    @property
    def order(self) -> Order:
        return Order(self.kind, self.fields, self.headers, self.format, self.filter, self.fault)

    def record(self) -> dict[str, Any]:
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

    def dump(self) -> dict[str, Any]:
        """All but the file and its making, as JSON's types."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in _NOT_KEPT}


class Exports:
    """All jobs of the instance. Jobs step forward whenever somebody asks about one."""

    def __init__(self, world: World, lists: Lists) -> None:
        self.world = world
        self.lists = lists
        self._jobs: dict[str, Export] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-exports-")

    def dump(self) -> list[dict[str, Any]]:
        """All jobs as JSON's types, for ``load``. Their files are derived again when asked for."""
        return [job.dump() for job in self._jobs.values()]

    def load(self, kept: list[dict[str, Any]]) -> None:
        for values in kept:
            job = Export(**values)
            if job.status == "Processing":
                job.status = "Queued"
            self._jobs[job.id] = job

    def clear(self) -> None:
        """Forget all jobs; files that are being made are given up."""
        for job in self._jobs.values():
            job.status = "Cancelled"
        self._jobs.clear()

    def add(self, export: Export) -> None:
        """MarketoError 1029 when the day's quota is spent."""
        self._step()
        self._refuse_over_quota()
        self._jobs[export.id] = export

    def of(self, kind: str, owner: str) -> list[Export]:
        """An API user's own jobs of a kind; nobody sees those of others."""
        self._step()
        return [job for job in self._jobs.values() if (job.kind, job.owner) == (kind, owner)]

    def get(self, kind: str, owner: str, export_id: str) -> Export:
        """MarketoError 1013 for a job that is unknown, of somebody else, or too old to be seen."""
        self._step()
        job = self._jobs.get(export_id)
        oldest = self.world.clock.timestamp() - STATUS_DAYS * 86_400
        if job is None or (job.kind, job.owner) != (kind, owner) or job.created < oldest:
            raise MarketoError("1013", f"Export job not found: {export_id}")
        return job

    def record(self, export: Export) -> dict[str, Any]:
        """The status record as last refreshed."""
        now = self.world.clock.timestamp()
        if not export.shown or now >= export.shown_at + self.world.switches.export_status_seconds:
            export.shown, export.shown_at = export.record(), now
        return export.shown

    def enqueue(self, export: Export, fault: str) -> None:
        """MarketoError 1029 when it is enqueued already, the queue is full or the day's quota is spent."""
        if export.status != "Created":
            raise MarketoError("1029", "Job already queued")
        if sum(job.status in {"Queued", "Processing"} for job in self._jobs.values()) >= MOST_WAITING:
            raise MarketoError("1029", "Too many jobs in queue")
        self._refuse_over_quota()
        export.status, export.queued, export.fault = "Queued", self.world.clock.timestamp(), fault
        export.shown = {}

    def cancel(self, export: Export) -> None:
        """MarketoError 1003 for a job that has ended."""
        if export.status in _FINAL:
            raise MarketoError("1003", f"Export job is already {export.status}")
        self._finish(export, "Cancelled")
        export.shown = {}

    def file(self, export: Export) -> Path | None:
        """The finished file while it is kept; None in every other case."""
        if export.status != "Completed" or export.finished is None or export.fault == "missing_file":
            return None
        if self.world.clock.timestamp() >= export.finished + FILE_DAYS * 86_400:
            return None
        if export.path is None:
            export.path = self._make_again(export)
        return export.path

    def _make_again(self, export: Export) -> Path | None:
        """The file of a job from before a restart; None when the people in it have changed since."""
        path = Path(self._folder.name, export.id)
        made = write_file(self.world, self.lists, export.order, path, lambda: True)
        return path if made == Made(export.rows, export.size, export.checksum) else None

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
        # A daemon, so that a long export does not hold up the end of the process.
        job.making = threading.Thread(target=self._make, args=(job, Path(self._folder.name, job.id)), daemon=True)
        job.making.start()

    def _make(self, job: Export, path: Path) -> None:
        made = write_file(self.world, self.lists, job.order, path, lambda: job.status == "Processing")
        if made is not None:
            job.rows, job.size, job.checksum, job.path = made.rows, made.size, made.checksum, path

    def _finish(self, job: Export, status: str) -> None:
        job.status, job.finished = status, self.world.clock.timestamp()
