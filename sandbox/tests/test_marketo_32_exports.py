"""Bulk exports: items 32 to 42 of what a Marketo instance is known to do."""

import csv
import hashlib
import io
from typing import Any

import psutil
import pytest

from sandbox.csv_columns import COLUMNS
from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import EXPORTS, WHOLE_MAY, Marketo

ACTIVITIES = "/bulk/v1/activities/export"


def window(start: str, end: str) -> dict[str, Any]:
    return {"createdAt": {"startAt": start, "endAt": end}}


def rows(marketo: Marketo, **changes: Any) -> list[dict[str, str]]:
    text = marketo.file(marketo.export(**changes)["exportId"]).content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def new_job(marketo: Marketo, **changes: Any) -> str:
    export_id: str = marketo.create(**changes)["result"][0]["exportId"]
    return export_id


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"filter": None}, "1003"),
        ({"filter": WHOLE_MAY | {"staticListId": 1001}}, "1003"),
        ({"filter": window("2026-01-01T00:00:00Z", "2026-02-01T00:00:01Z")}, "1003"),
        ({"filter": {"updatedAt": WHOLE_MAY["createdAt"]}}, "1035"),
        ({"filter": {"smartListId": 2001}}, "1035"),
        ({"filter": {"smartListName": "No E-mail Address"}}, "1035"),
        ({"filter": {"staticListId": 9}}, "1013"),
        ({"filter": window("whenever", "2026-02-01T00:00:01Z")}, "704"),
        ({"fields": ["id", "nonsense"]}, "1003"),
        ({"fields": []}, "1002"),
        ({"format": "XML"}, "1003"),
    ],
)
def test_marketo_32_create_refuses(marketo: Marketo, body: dict[str, Any], code: str) -> None:
    assert marketo.create(**body)["errors"][0]["code"] == code


def test_marketo_33_two_process_ten_wait_the_eleventh_is_refused(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"export_seconds": 3_600})
    ids = [new_job(marketo) for _ in range(30)]
    answers = [marketo.enqueue(export_id) for export_id in ids[:11]]
    assert [answer["success"] for answer in answers] == [True] * 10 + [False]
    assert answers[10]["errors"] == [{"code": "1029", "message": "Too many jobs in queue"}]
    assert marketo.enqueue(ids[0])["errors"] == [{"code": "1029", "message": "Job already queued"}]
    assert len(marketo.result(f"{EXPORTS}.json", status="processing")) == 2
    assert len(marketo.result(f"{EXPORTS}.json", status=["Queued", "Processing"])) == 10


@pytest.mark.parametrize("options", [{}, {"data": "{nonsense"}, {"headers": {"Content-Type": "application/json"}}])
def test_marketo_34_bodies_of_enqueue_and_cancel_do_not_matter(marketo: Marketo, options: dict[str, Any]) -> None:
    export_id = new_job(marketo)
    for action in ("enqueue", "cancel"):
        assert marketo.send("POST", f"{EXPORTS}/{export_id}/{action}.json", **options).json()["success"]


def test_marketo_35_status_appears_step_by_step(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"export_seconds": 90, "export_status_seconds": 60})
    created = marketo.create()["result"][0]
    assert created.keys() == {"exportId", "format", "status", "createdAt"}
    queued = marketo.enqueue(created["exportId"])["result"][0]
    assert queued.keys() == created.keys() | {"queuedAt"}
    status = f"{EXPORTS}/{created['exportId']}/status.json"
    assert marketo.result(status)[0] == queued
    sandbox.post("/_sandbox/clock", {"advance_seconds": 61})
    processing = marketo.result(status)[0]
    assert (processing["status"], processing.keys() - queued.keys()) == ("Processing", {"startedAt"})
    sandbox.post("/_sandbox/clock", {"advance_seconds": 45})
    assert marketo.result(status)[0] == processing
    sandbox.post("/_sandbox/clock", {"advance_seconds": 16})
    sandbox.post("/_sandbox/switches", {"export_status_seconds": 0})
    completed = marketo.wait(created["exportId"], {"Completed"})
    added = {"finishedAt", "numberOfRecords", "fileSize", "fileChecksum"}
    assert completed.keys() - processing.keys() == added


def test_marketo_36_jobs_of_other_api_users_are_hidden(marketo: Marketo, reports: Marketo) -> None:
    export_id = marketo.export()["exportId"]
    assert reports.file(export_id).status_code == 404
    assert reports.error(f"{EXPORTS}/{export_id}/status.json") == "1013"
    assert reports.result(f"{EXPORTS}.json") == []
    assert [job["exportId"] for job in marketo.result(f"{EXPORTS}.json")] == [export_id]


def test_marketo_37_both_ends_of_a_window_are_in_it(marketo: Marketo) -> None:
    born = marketo.result("/rest/v1/lead/500.json", fields="createdAt")[0]["createdAt"]
    before = rows(marketo, filter=window("2025-12-01T00:00:00Z", born) if born < "2026-01-01" else window(born, born))
    after = rows(marketo, filter=window(born, born))
    assert before[-1]["id"] == after[0]["id"] == "500"


def test_marketo_38_file_is_exact_and_holds_awkward_values(sandbox: SandboxProcess, marketo: Marketo) -> None:
    tame = marketo.file(marketo.export(fields=["title"], filter={"staticListId": 1004})["exportId"]).text
    assert not {"\0", "\r"} & set(tame)
    sandbox.post("/_sandbox/switches", {"hostile_rows": True})
    job = marketo.export(fields=["id", "lastName", "email", "company", "title"], filter={"staticListId": 1004})
    answer = marketo.file(job["exportId"])
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(answer.content) == job["fileSize"]
    assert job["fileChecksum"] == f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    assert marketo.file(job["exportId"]).content == answer.content
    text = answer.content.decode()
    for mark in ("\0", "\r", "\u2028", ",null,", '""', ', Inc."', "Sales\nNordics", "\nid"[1:]):
        assert mark in text
    assert any(line.startswith("id,lastName") for line in text.splitlines())
    assert not [row for row in csv.reader(io.StringIO(text.replace("\r", "").replace("\0", ""))) if "" in row]


def both_ways(marketo: Marketo, given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The lines of an export made column by column, and of one with a field that has no column."""
    texts = [
        marketo.file(marketo.export(fields=fields, filter=given)["exportId"]).content.decode()
        for fields in (list(COLUMNS), [*COLUMNS, "middleName"])
    ]
    return texts[0].split("\n")[1:], [line.removesuffix(",null") for line in texts[1].split("\n")[1:]]


def test_marketo_38_quick_and_slow_ways_write_the_same(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [990, 995], "fields": {"title": 'A "changed", one'}})
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": [992]})
    quick, slow = both_ways(marketo, WHOLE_MAY)
    assert quick == slow
    assert not [line for line in quick if line.startswith("992,")]
    assert len([line for line in quick if '"A ""changed"", one"' in line]) == 2


def test_marketo_38_workers_write_the_same_and_end_with_the_sandbox() -> None:
    with SandboxProcess.start(company="tidy", people=170_000, epoch="2026-06-01") as large:
        large.post("/_sandbox/switches", {"export_seconds": 0})
        large.post("/_sandbox/people", {"action": "change", "ids": [160_000], "fields": {"title": "Changed"}})
        quick, slow = both_ways(Marketo(large.url), WHOLE_MAY)
        workers = psutil.Process(large.process.pid).children(recursive=True)
        assert workers
    assert quick == slow
    assert len(quick) > 17_000
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


def test_marketo_39_ranges(marketo: Marketo) -> None:
    job = marketo.export()
    whole, size = marketo.file(job["exportId"]), job["fileSize"]
    assert whole.status_code == 200
    last = f"{size - 1}-{size - 1}"
    parts = {"0-99": slice(0, 100), "100-": slice(100, None), "0-0": slice(0, 1), last: slice(-1, None)}
    for asked, part in parts.items():
        answer = marketo.file(job["exportId"], asked)
        assert (answer.status_code, answer.content) == (206, whole.content[part])
    headers = marketo.file(job["exportId"], "0-99").headers
    assert headers["Content-Range"] == f"bytes 0-99/{size}"
    assert (headers["Content-Length"], headers["Accept-Ranges"]) == ("100", "bytes")
    assert marketo.file(job["exportId"], f"{size}-").status_code == 416


def test_marketo_40_no_file_before_completion_and_after_retention(sandbox: SandboxProcess, marketo: Marketo) -> None:
    early = marketo.file(new_job(marketo))
    assert (early.status_code, early.headers["Content-Type"].split(";")[0]) == (404, "text/plain")
    job = marketo.export()
    for days, status_is_known in ((7, True), (24, False)):
        sandbox.post("/_sandbox/clock", {"advance_seconds": days * 86_400})
        later = Marketo(sandbox.url)
        assert later.file(job["exportId"]).status_code == 404
        assert later.get(f"{EXPORTS}/{job['exportId']}/status.json")["success"] is status_is_known
        assert later.result(f"{EXPORTS}.json") == []


def test_marketo_41_only_finished_files_cost_and_activities_share_the_quota(
    sandbox: SandboxProcess, marketo: Marketo
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "export:failed", "count": 1})
    assert marketo.export()["status"] == "Failed"
    marketo.post(f"{EXPORTS}/{new_job(marketo)}/cancel.json")
    waiting = new_job(marketo)
    sandbox.post("/_sandbox/switches", {"export_megabytes": 0.0001})
    size = marketo.export()["fileSize"]
    assert size > 100
    bodies = {EXPORTS: {"fields": ["id"], "filter": WHOLE_MAY}, ACTIVITIES: {"filter": WHOLE_MAY}}
    for path, body in bodies.items():
        refused = marketo.post(f"{path}/create.json", body)
        assert refused["errors"] == [{"code": "1029", "message": "Export daily quota 0.0001MB exceeded."}]
    assert marketo.enqueue(waiting)["errors"][0]["code"] == "1029"
    sandbox.post("/_sandbox/clock", {"advance_seconds": 86_400})
    assert Marketo(sandbox.url).create()["success"]


def test_marketo_41_activities_are_exported_too(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/people", {"action": "reown", "id": 1, "owner": "user"})
    today = sandbox.get("/_sandbox/state")["now"][:10]
    body = {"filter": window(today, f"{today}T23:59:59Z") | {"activityTypeIds": [13]}, "fields": None}
    export_id = marketo.post(f"{ACTIVITIES}/create.json", body)["result"][0]["exportId"]
    assert marketo.error(f"{EXPORTS}/{export_id}/status.json") == "1013"
    marketo.post(f"{ACTIVITIES}/{export_id}/enqueue.json")
    while marketo.result(f"{ACTIVITIES}/{export_id}/status.json")[0]["status"] != "Completed":
        pass
    text = marketo.send("GET", f"{ACTIVITIES}/{export_id}/file.json").text
    [row] = csv.DictReader(io.StringIO(text))
    assert list(row)[:4] == ["marketoGUID", "leadId", "activityDate", "activityTypeId"]
    assert (row["leadId"], row["activityTypeId"], row["attributes"]) == ("1", "13", '{"title": "Boss"}')
    refused = marketo.post(f"{ACTIVITIES}/create.json", {"filter": {"activityTypeIds": [13]}})
    assert refused["errors"][0]["code"] == "1003"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [("primaryAttributeValueIds", [2], {"2"}), ("primaryAttributeValues", ["Nova Lind"], {"1"})],
)
def test_activities_by_what_they_are_about(
    sandbox: SandboxProcess, marketo: Marketo, name: str, values: list[object], expected: set[str]
) -> None:
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"firstName": "Nova", "lastName": "Lind"}})
    sandbox.post("/_sandbox/people", {"action": "change", "id": 2, "fields": {"title": "Boss"}})
    today = sandbox.get("/_sandbox/state")["now"][:10]
    given = window(today, f"{today}T23:59:59Z") | {"activityTypeIds": [13], name: values}
    job = marketo.post(f"{ACTIVITIES}/create.json", {"filter": given})["result"][0]["exportId"]
    marketo.post(f"{ACTIVITIES}/{job}/enqueue.json")
    marketo.wait(job, {"Completed"}, ACTIVITIES)
    text = marketo.send("GET", f"{ACTIVITIES}/{job}/file.json").text
    assert {row["leadId"] for row in csv.DictReader(io.StringIO(text))} == expected
    mistakes: list[dict[str, object]] = [{"activityTypeIds": []}, {name: list(range(51))}]
    for wrong in mistakes:
        assert marketo.refused("POST", f"{ACTIVITIES}/create.json", json={"filter": given | wrong}) == "1003"


def test_marketo_42_lists_are_exported_as_they_are_when_the_job_starts(
    sandbox: SandboxProcess, marketo: Marketo
) -> None:
    tenth = rows(marketo, fields=["id"], filter={"staticListName": "Trade Show Visitors"})
    assert [int(row["id"]) for row in tenth] == list(range(10, PEOPLE + 1, 10))
    sandbox.post("/_sandbox/switches", {"smart_list_filter": True})
    export_id = new_job(marketo, fields=["id"], filter={"smartListId": 2002})
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"email": None}})
    marketo.enqueue(export_id)
    marketo.wait(export_id, {"Completed"})
    assert marketo.file(export_id).text.startswith("id\n1\n")
    assert marketo.create(filter={"smartListId": 2003})["errors"][0]["code"] == "1003"
    assert rows(marketo, filter={"staticListId": 1003}) == []
    nobody = marketo.export(filter={"staticListId": 1003})
    assert marketo.file(nobody["exportId"]).text == "id,email,createdAt\n"
    assert nobody["numberOfRecords"] == 0


@pytest.mark.parametrize("kind", ["duplicate_rows", "shuffled_rows", "stale_rows", "missing_file"])
def test_exports_can_be_spoilt_and_the_list_of_calls_says_so(
    sandbox: SandboxProcess, marketo: Marketo, kind: str
) -> None:
    fields = ["id", "createdAt", "updatedAt"]
    good = rows(marketo, fields=fields)
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": f"export:{kind}", "count": 1})
    job = marketo.export(fields=fields)
    answer = marketo.file(job["exportId"])
    bad = list(csv.DictReader(io.StringIO(answer.text)))
    differs = {
        "duplicate_rows": len(bad) > len(good) and bad[-1] == bad[-2],
        "shuffled_rows": bad != good and sorted(bad, key=str) == sorted(good, key=str),
        "stale_rows": all(row["updatedAt"] == row["createdAt"] for row in bad),
        "missing_file": (answer.status_code, job["status"]) == (404, "Completed"),
    }
    assert differs[kind]
    assert [call["fault"] for call in sandbox.get("/_sandbox/calls") if call["fault"]] == [f"export:{kind}"]
