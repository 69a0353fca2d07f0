"""Bulk lead extracts: the life of a job, its file, and what is refused."""

import csv
import hashlib
import io
from itertools import pairwise
from typing import Any

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import EXPORTS, WHOLE_MAY, Marketo

SYNCED = ["id", "firstName", "lastName", "email", "company", "title", "phone", "sfdcLeadId", "sfdcLeadOwnerId"]


def window(start: str, end: str) -> dict[str, Any]:
    return {"createdAt": {"startAt": start, "endAt": end}}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_status_tells_more_at_every_step(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"export_seconds": 60})
    created = marketo.create()["result"][0]
    assert created.keys() == {"exportId", "format", "status", "createdAt"}
    assert created["status"] == "Created"
    path = f"{EXPORTS}/{created['exportId']}"
    assert marketo.post(f"{path}/enqueue.json")["result"][0]["status"] == "Queued"
    assert marketo.result(f"{path}/status.json")[0].keys() == created.keys() | {"queuedAt", "startedAt"}
    assert marketo.file(created["exportId"]).status_code == 404
    sandbox.post("/_sandbox/clock", {"advance_seconds": 61})
    done = marketo.wait(created["exportId"], {"Completed"})
    assert done.keys() >= {"finishedAt", "numberOfRecords", "fileSize", "fileChecksum"}


def test_file_agrees_with_its_status_and_is_the_same_again(marketo: Marketo) -> None:
    job = marketo.export()
    answer = marketo.file(job["exportId"])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(answer.content) == job["fileSize"]
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == job["fileChecksum"]
    assert len(rows(answer.content)) == job["numberOfRecords"] > 50
    assert marketo.export()["fileChecksum"] == job["fileChecksum"]


def test_both_ends_of_the_window_are_included(marketo: Marketo) -> None:
    first, *_, last = rows(marketo.file(marketo.export()["exportId"]).content)
    exact = marketo.export(filter=window(first["createdAt"], last["createdAt"]))
    assert exact["numberOfRecords"] == int(last["id"]) - int(first["id"]) + 1
    assert marketo.export(filter=window(last["createdAt"], last["createdAt"]))["numberOfRecords"] == 1


def everybody(marketo: Marketo, fields: list[str]) -> list[dict[str, str]]:
    """All seeded people, by adjacent windows."""
    days = ["2025-08-05", "2025-09-01", "2025-10-01", "2025-11-01", "2025-12-01", "2026-01-01"]
    days += ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    windows = [window(f"{start}T00:00:00Z", f"{end}T00:00:00Z") for start, end in pairwise(days)]
    jobs = [marketo.export(fields=fields, filter=part) for part in windows]
    return [row for job in jobs for row in rows(marketo.file(job["exportId"]).content)]


def test_windows_together_hold_everybody(marketo: Marketo) -> None:
    assert {int(row["id"]) for row in everybody(marketo, ["id"])} == set(range(1, PEOPLE + 1))


def test_file_is_csv_with_bare_null_and_every_awkward_value(marketo: Marketo) -> None:
    people = everybody(marketo, SYNCED)
    assert list(people[0]) == SYNCED
    values = {value for person in people for value in person.values()}
    assert "" not in values
    awkward = (
        "null",
        "Null",
        "NA",
        "Sales\u2028Manager",
        "Head of Sales\nNordics",
        'VP, Sales "EMEA"',
        "佐藤",
        "Ковальчук",
    )
    assert not [value for value in awkward if value not in values]
    assert any("🚀" in value for value in values)
    assert any(value.startswith("00") for value in {person["phone"] for person in people})
    assert {person["sfdcLeadOwnerId"][:3] for person in people} == {"005", "00G", "nul"}


def test_columns_can_be_renamed_and_tabs_used(marketo: Marketo) -> None:
    job = marketo.export(fields=["id", "email"], format="TSV", columnHeaderNames={"email": "Email Address"})
    assert marketo.file(job["exportId"]).text.splitlines()[0] == "id\tEmail Address"


def test_updated_at_filter_behind_its_switch(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"updated_at_filter": True})
    job = marketo.export(fields=["id", "updatedAt"], filter={"updatedAt": WHOLE_MAY["createdAt"]})
    times = [row["updatedAt"] for row in rows(marketo.file(job["exportId"]).content)]
    assert times
    assert all(time.startswith("2026-05") for time in times)


def test_cancelled_job_has_no_file(marketo: Marketo) -> None:
    export_id = marketo.create()["result"][0]["exportId"]
    assert marketo.post(f"{EXPORTS}/{export_id}/cancel.json")["result"][0]["status"] == "Cancelled"
    answer = marketo.file(export_id)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_unknown_job(marketo: Marketo) -> None:
    assert marketo.error(f"{EXPORTS}/0000/status.json") == "1013"
    assert marketo.file("0000").status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("export:failed", "Failed"), ("export:cancelled", "Cancelled")])
def test_export_can_be_made_to_fail(sandbox: SandboxProcess, marketo: Marketo, kind: str, status: str) -> None:
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": kind, "count": 1})
    assert marketo.export()["status"] == status
    assert marketo.export()["status"] == "Completed"


def test_export_file_can_be_damaged(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "export:bad_checksum", "count": 1})
    assert marketo.export()["fileChecksum"] == "sha256:" + "0" * 64
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "export:bad_row", "count": 1})
    lines = list(csv.reader(io.StringIO(marketo.file(marketo.export()["exportId"]).text)))
    assert len(lines[-1]) != len(lines[0])
