"""From a finished remote job into a stage table: all of its rows or none."""

import codecs
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from psycopg.errors import CharacterNotInRepertoire

from clients.http import AccessDenied, Unreachable
from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from clients.salesforce.errors import QueryInterrupted
from pipeline.engine.client_factory import marketo_and_budget, salesforce_of
from pipeline.engine.rows import Refused, read_rows
from sync.engine.heartbeat import Heartbeat
from sync.engine.problems import BadFile, answer_text
from sync.engine.stage import StageTable
from sync.models import Extract, RejectedRow, SyncRun
from sync.statuses import ExtractStatus

# What a dropped connection costs at most: requests gives out whole pieces only.
CHUNK_BYTES = 64 * 1024
# Drops of the connection in a row, without a byte between them, before the step is given back.
MAX_RESUMES = 4
MAX_REJECTED_ROWS = 1_000

Chunks = Iterable[bytes]
# Answers how many rows went in and how many were refused.
Load = Callable[[Extract, Iterable[bytes]], tuple[int, int]]


class VerifiedStream:
    """Bytes on their way to the database: counted and hashed as they pass."""

    def __init__(self, extract: Extract, rows_before: int = 0) -> None:
        self.size, self._lines, self._digest = 0, 0, hashlib.sha256()
        self._promised = extract.bytes
        # Lines are nearly rows: a value may hold a line break.
        self.heartbeat = Heartbeat(extract, lambda: {"rows_shown": rows_before + self._lines}, may_be_handed_over=True)

    def read(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass chunks on; raises LeaseLost when the extract has another owner by now, BadFile when too much comes."""
        for chunk in chunks:
            self.heartbeat.check()
            self.size += len(chunk)
            if self._promised is not None and self.size > self._promised:
                raise BadFile(f"More than {self._promised} bytes came.")
            self._lines += chunk.count(b"\n")
            self._digest.update(chunk)
            yield chunk

    @property
    def checksum(self) -> str:
        return self._digest.hexdigest()


def load_export(extract: Extract) -> None:
    """Load the file of a completed Marketo export; raises BadFile, LeaseLost or an error of clients.http."""
    client, budget = marketo_and_budget(extract.run.account)
    with budget.call():
        _begin(extract)
        if extract.rows_expected == 0:
            # Marketo has counted nobody; Adobe's own sample does not ask for such a file.
            with transaction.atomic():
                end_load(extract, 0)
            return
        try:
            _load_export(extract, client, _copy_whole)
        except (DataError, IntegrityError):
            # One row that breaks the rules makes COPY refuse the file; read singly, the others still get in.
            _load_export(extract, client, _copy_row_by_row)


def load_results(extract: Extract) -> None:
    """
    Load the next page of a completed Salesforce query job, and keep where the one after it begins.

    Raises BadFile, LeaseLost or an error of clients.http.
    """
    client = salesforce_of(extract.run.account)
    _begin(extract)
    if extract.rows_expected == 0:
        # Nobody says whether such a file has a header line, or is there at all.
        with transaction.atomic():
            end_load(extract, 0)
        return
    try:
        _load_page_as_it_is(extract, client)
    except QueryInterrupted as error:
        raise BadFile(str(error)) from error
    except DataError as error:
        raise BadFile(_sentence_of(error)) from error


def _load_page_as_it_is(extract: Extract, client: SalesforceClient) -> None:
    try:
        _load_page(extract, client, iter)
    except DataError as error:
        if not isinstance(error.__cause__, CharacterNotInRepertoire):
            raise
        # The name of an owner holds what no text of the database does; that is shown and nothing else.
        _load_page(extract, client, _storable)


def _storable(chunks: Chunks) -> Iterator[bytes]:
    for text in codecs.iterdecode(iter(chunks), "utf-8", errors="replace"):
        yield text.replace("\0", "").encode()


def _sentence_of(error: DataError) -> str:
    if "header line" in str(error):
        return "The file begins with other columns than were asked for."
    # The page ended inside a value: an answer that was cut, though it said that it was whole.
    return "The file breaks off."


def _load_page(extract: Extract, client: SalesforceClient, readable: Callable[[Chunks], Iterator[bytes]]) -> None:
    before = extract.rows_loaded
    stream = VerifiedStream(extract, before)
    with (
        stream.heartbeat,
        client.open_results(extract.remote_id, extract.locator or None) as page,
        transaction.atomic(),
    ):
        rows = _table(extract).copy_file(readable(stream.read(page.iter_chunks(CHUNK_BYTES))))
        stream.heartbeat.stop()
        if page.rows is not None and rows != page.rows:
            raise BadFile(f"{rows} rows came instead of {page.rows}.")
        _end_page(extract, before + rows, page.next_locator)


def _end_page(extract: Extract, rows: int, next_locator: str | None) -> None:
    expected = extract.rows_expected or 0
    if next_locator and next_locator == extract.locator:
        raise BadFile("The page names itself as the next one.")
    # Of pages that name each other more come with every round.
    if rows > expected or (rows < expected and not next_locator):
        raise BadFile(f"{rows} rows came instead of {expected}.")
    if next_locator:
        extract.end_step(due_at=timezone.now(), locator=next_locator, rows_loaded=rows)
    else:
        end_load(extract, rows)


def _begin(extract: Extract) -> None:
    extract.write(status=ExtractStatus.LOADING, load_started_at=extract.load_started_at or timezone.now())


def end_load(extract: Extract, rows: int, refused: int = 0, **values: Any) -> None:
    """The extract has all of its rows, and the run is woken in the same transaction; raises LeaseLost."""
    now = timezone.now()
    _wake_run(extract)
    ended = {"status": ExtractStatus.LOADED, "loaded_at": now} | values
    extract.end_step(due_at=None, rows_loaded=rows, rows_shown=rows, rows_rejected=refused, **ended)
    # While something of a run gets on, the others do not wait in vain.
    Extract.objects.of_run(extract.run).exclude(waiting_since=None).update(waiting_since=now)


def _wake_run(extract: Extract) -> None:
    """The run looks what comes next, when nothing else of it is under way: whatever ends last has seen all others."""
    # Its row first: cancelling takes the two in this order too.
    run = SyncRun.objects.select_for_update().only("status").get(pk=extract.run_id)
    others = Extract.objects.of_run(run).exclude(pk=extract.pk).filter(due_at__isnull=False)
    if not run.is_finished and not others.exists():
        SyncRun.objects.filter(pk=run.pk).update(due_at=timezone.now())


def go_without(extract: Extract, error: AccessDenied) -> None:
    """End an extract that fills one column only and is not shown: the merge keeps what the copy holds there."""
    with transaction.atomic():
        _table(extract).empty()
        end_load(extract, 0, status=ExtractStatus.FAILED, loaded_at=None, last_problem=answer_text(error)[:300])


def _load_export(extract: Extract, client: MarketoClient, load: Load) -> None:
    stream = VerifiedStream(extract)
    file = export_file(client, extract.remote_id)
    with stream.heartbeat:
        # Before the transaction: a call may note its numbers on the connection's row, and would keep it locked.
        first = next(file, b"")
        with transaction.atomic():
            rows, refused = load(extract, stream.read(chain([first], file)))
            stream.heartbeat.stop()
            _check_bytes(extract, stream)
            if extract.rows_expected is not None and not rows <= extract.rows_expected <= rows + refused:
                raise BadFile(f"{rows} rows came instead of {extract.rows_expected}.")
            end_load(extract, rows, refused)


def _check_bytes(extract: Extract, stream: VerifiedStream) -> None:
    if extract.bytes is not None and stream.size != extract.bytes:
        raise BadFile(f"{stream.size} bytes came instead of {extract.bytes}.")
    if extract.checksum and stream.checksum != extract.checksum:
        raise BadFile("The file does not have the checksum that was promised.")


def export_file(client: MarketoClient, export_id: str) -> Iterator[bytes]:
    """The bytes of an export's file; a dropped connection is taken up where it broke. Raises Unreachable in the end."""
    offset = drops = 0
    while True:
        try:
            with client.open_export_file(export_id, offset) as download:
                for chunk in download.iter_chunks(CHUNK_BYTES):
                    offset, drops = offset + len(chunk), 0
                    yield chunk
                return
        except Unreachable:
            drops += 1
            if drops > MAX_RESUMES:
                raise
            time.sleep(drops / 4)


def _copy_whole(extract: Extract, chunks: Iterable[bytes]) -> tuple[int, int]:
    return _table(extract).copy_file(chunks), 0


def _copy_row_by_row(extract: Extract, chunks: Iterable[bytes]) -> tuple[int, int]:
    table = _table(extract)
    room = MAX_REJECTED_ROWS - RejectedRow.objects.of_run(extract.run).count()
    rows, refused, kept = 0, 0, list[RejectedRow]()
    with table.copy_rows() as copy:
        for row in read_rows(chunks, list(table.columns)):
            if isinstance(row, Refused):
                refused += 1
                if len(kept) < room:
                    kept.append(RejectedRow(extract=extract, line=row.line, reason=row.reason, text=row.text[:500]))
            else:
                rows += 1
                copy.write_row(row)
    RejectedRow.objects.bulk_create(kept)
    return rows, refused


def _table(extract: Extract) -> StageTable:
    return StageTable(extract.run, extract.source)
