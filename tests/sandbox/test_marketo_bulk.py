"""Bulk lead extracts: the life of a job, its file, and what is refused."""

import csv
import hashlib
import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.sandbox.conftest import PEOPLE
from tests.sandbox.marketo_api import EXPORTS, WHOLE_MAY, Marketo
from tests.sandbox_process import SandboxProcess

SYNCED = ["id", "firstName", "lastName", "email", "company", "title", "phone", "sfdcLeadId", "sfdcLeadOwnerId"]


@pytest.fixture
def marketo(sandbox: SandboxProcess) -> Iterator[Marketo]:
    yield Marketo(sandbox.url)
    sandbox.post("/_sandbox/switches", {"export_seconds": 0})
    marketo = Marketo(sandbox.url)
    for job in marketo.result(f"{EXPORTS}.json"):
        marketo.post(f"{EXPORTS}/{job['exportId']}/cancel.json")


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


def test_nul_and_carriage_return_only_when_asked(sandbox: SandboxProcess, marketo: Marketo) -> None:
    tame = marketo.file(marketo.export(fields=["id", "title"])["exportId"]).content
    sandbox.post("/_sandbox/switches", {"hostile_rows": True})
    hostile = marketo.file(marketo.export(fields=["id", "title"])["exportId"]).content
    assert [mark in tame for mark in (b"\0", b"\r")] == [False, False]
    assert [mark in hostile for mark in (b"\0", b"\r")] == [True, True]


def test_columns_can_be_renamed_and_tabs_used(marketo: Marketo) -> None:
    job = marketo.export(fields=["id", "email"], format="TSV", columnHeaderNames={"email": "Email Address"})
    assert marketo.file(job["exportId"]).text.splitlines()[0] == "id\tEmail Address"


def test_zero_rows_leave_the_header(marketo: Marketo) -> None:
    job = marketo.export(filter=window("2001-01-01T00:00:00Z", "2001-01-02T00:00:00Z"))
    assert job["numberOfRecords"] == 0
    assert marketo.file(job["exportId"]).text == "id,email,createdAt\n"


def test_ranges(marketo: Marketo) -> None:
    job = marketo.export()
    whole, size = marketo.file(job["exportId"]).content, job["fileSize"]
    parts = {"0-99": whole[:100], "100-": whole[100:], "0-0": whole[:1], f"{size - 1}-{size - 1}": whole[-1:]}
    for asked, content in parts.items():
        answer = marketo.file(job["exportId"], asked)
        assert (answer.status_code, answer.content) == (206, content)
    assert marketo.file(job["exportId"], "0-99").headers["Content-Range"] == f"bytes 0-99/{size}"
    assert marketo.file(job["exportId"], f"{size}-").status_code == 416


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"filter": None}, "1003"),
        ({"filter": WHOLE_MAY | {"staticListId": 1}}, "1003"),
        ({"filter": window("2026-01-01T00:00:00Z", "2026-02-01T00:00:01Z")}, "1003"),
        ({"filter": {"updatedAt": WHOLE_MAY["createdAt"]}}, "1035"),
        ({"filter": window("whenever", "2026-02-01T00:00:01Z")}, "704"),
        ({"fields": ["id", "nonsense"]}, "1003"),
        ({"fields": []}, "1002"),
        ({"format": "XML"}, "1003"),
    ],
)
def test_create_refuses(marketo: Marketo, body: dict[str, Any], code: str) -> None:
    assert marketo.create(**body)["errors"][0]["code"] == code


def test_updated_at_filter_behind_its_switch(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"updated_at_filter": True})
    job = marketo.export(fields=["id", "updatedAt"], filter={"updatedAt": WHOLE_MAY["createdAt"]})
    times = [row["updatedAt"] for row in rows(marketo.file(job["exportId"]).content)]
    assert times
    assert all(time.startswith("2026-05") for time in times)


def test_two_process_and_the_eleventh_is_refused(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"export_seconds": 3_600})
    ids = [marketo.create()["result"][0]["exportId"] for _ in range(11)]
    answers = [marketo.send("POST", f"{EXPORTS}/{export_id}/enqueue.json").json() for export_id in ids]
    assert [answer["success"] for answer in answers] == [True] * 10 + [False]
    assert answers[10]["errors"] == [{"code": "1029", "message": "Too many jobs in queue"}]
    again = marketo.post(f"{EXPORTS}/{ids[0]}/enqueue.json")
    assert again["errors"] == [{"code": "1029", "message": "Job already queued"}]
    assert len(marketo.result(f"{EXPORTS}.json", status="processing")) == 2
    assert len(marketo.result(f"{EXPORTS}.json", status=["Queued", "Processing"])) == 10


def test_cancelled_job_has_no_file(marketo: Marketo) -> None:
    export_id = marketo.create()["result"][0]["exportId"]
    assert marketo.post(f"{EXPORTS}/{export_id}/cancel.json")["result"][0]["status"] == "Cancelled"
    answer = marketo.file(export_id)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_unknown_job(marketo: Marketo) -> None:
    assert marketo.error(f"{EXPORTS}/0000/status.json") == "1013"
    assert marketo.file("0000").status_code == 404


def test_quota_is_charged_by_file_size_and_renewed_the_next_day(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/clock", {"advance_seconds": 86_400})
    marketo = Marketo(sandbox.url)
    size = marketo.export()["fileSize"]
    sandbox.post("/_sandbox/switches", {"export_megabytes": size / 1_000_000})
    error = marketo.create()["errors"][0]
    assert error["code"] == "1029"
    assert "MB exceeded" in error["message"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 86_400})
    assert Marketo(sandbox.url).create()["success"]


def test_file_is_gone_after_a_week(sandbox: SandboxProcess, marketo: Marketo) -> None:
    job = marketo.export()
    sandbox.post("/_sandbox/clock", {"advance_seconds": 7 * 86_400})
    later = Marketo(sandbox.url)
    assert later.file(job["exportId"]).status_code == 404
    assert later.result(f"{EXPORTS}/{job['exportId']}/status.json")[0]["status"] == "Completed"


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
