"""The Marketo client on answers that are not quite what the documentation shows: what is left out, what is refused."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from clients import http
from clients.marketo.client import MarketoClient
from clients.marketo.types import ExportStatus, Workspace
from tests.canned_answers import CannedAnswers, canned_answers

TOKEN = {"access_token": "token", "expires_in": 3599, "scope": "api@acme.example"}
FIELDS, TYPES, USAGE = "/rest/v1/leads/describe.json", "/rest/v1/activities/types.json", "/rest/v1/stats/usage.json"
FOLDERS, LEADS, LIST = "/rest/asset/v1/folders.json", "/rest/v1/leads.json", "/rest/v1/lists/9/leads/ismember.json"
LISTS, WORKSPACES = "/rest/v1/lists.json", "/userservice/management/v1/users/workspaces.json"
STATUS, TOKEN_PATH = "/bulk/v1/leads/export/e/status.json", "/identity/oauth/token"
SHA256 = "a" * 64

# A client to whom a path answers with a body.
Answering = Callable[[str, object], MarketoClient]


@pytest.fixture
def answering() -> Iterator[Answering]:
    with canned_answers() as origin:

        def client(path: str, body: object) -> MarketoClient:
            CannedAnswers.answers = {TOKEN_PATH: (200, TOKEN, {}), path: (200, body, {})}
            return MarketoClient(origin, "id", "secret", session=http.open_session(allowed_hosts=[origin]))

        yield client


def envelope(result: object, **others: object) -> dict[str, Any]:
    return {"success": True, "result": result} | others


def refused(read: Callable[[], object]) -> bool:
    try:
        read()
    except http.UnexpectedAnswer:
        return True
    return False


def test_a_token_without_a_readable_lifetime_is_used_once(
    answering: Answering, caplog: pytest.LogCaptureFixture
) -> None:
    lifetimes: list[object] = [None, "soon", {}]
    for lifetime in lifetimes:
        client = answering(TYPES, envelope([{"id": 13, "name": "Change Data Value"}]))
        CannedAnswers.answers[TOKEN_PATH] = (200, TOKEN | {"expires_in": lifetime}, {})
        assert client.activity_type_ids().keys() == {"Change Data Value"}
    assert caplog.text.count("value_unreadable") == 3


def test_a_token_need_not_name_its_owner_to_be_used(answering: Answering) -> None:
    client = answering(TYPES, envelope([{"id": 13, "name": "Change Data Value"}]))
    CannedAnswers.answers[TOKEN_PATH] = (200, {"access_token": "token", "expires_in": "3599"}, {})
    assert client.activity_type_ids().keys() == {"Change Data Value"}
    assert refused(client.check_credentials)


def test_fields_are_known_by_their_names(answering: Answering, caplog: pytest.LogCaptureFixture) -> None:
    records = [
        {"rest": {"name": "id"}},
        {"rest": {"name": "email", "readOnly": "true"}, "displayName": None, "dataType": 5, "length": "255"},
        {"soap": {"name": "Old"}},
        {"rest": None},
        {"rest": {"name": None}},
        None,
    ]
    fields = {field.name: field for field in answering(FIELDS, envelope(records)).describe_fields()}
    assert set(fields) == {"id", "email"}
    assert (fields["email"].length, fields["email"].is_read_only, fields["id"].is_read_only) == (255, True, False)
    assert caplog.text.count("value_unreadable") == 3


@pytest.mark.parametrize("result", [None, "id", {"rest": {"name": "id"}}, [{"rest": {"label": "id"}}], [None]])
def test_fields_of_which_none_can_be_read_are_refused(answering: Answering, result: object) -> None:
    assert refused(answering(FIELDS, envelope(result)).describe_fields)


def test_an_activity_type_that_cannot_be_read_is_left_out(answering: Answering) -> None:
    records = [{"id": "32", "name": "Merge Leads"}, {"id": None, "name": "New Lead"}, {"id": 12}, "Change Owner"]
    assert answering(TYPES, envelope(records)).activity_type_ids() == {"Merge Leads": 32}
    assert refused(answering(TYPES, envelope(records[1:])).activity_type_ids)


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ({"success": True, "result": [{"total": 7}]}, 7),
        ({"success": True, "result": [{"total": "7"}]}, 7),
        ({"success": True, "result": []}, 0),
        ({"success": True, "result": None}, 0),
        ({"success": True}, 0),
        ({"success": True, "result": [{"date": "2026-11-28"}]}, 0),
        ({"success": True, "result": [{"total": None}]}, 0),
        ({"success": True, "result": [{"total": 2**31}]}, 0),
        ({"success": True, "result": [None]}, 0),
        ({"success": True, "result": {"total": 7}}, 0),
    ],
)
def test_usage_that_was_not_counted_is_none(answering: Answering, body: dict[str, Any], calls: int) -> None:
    assert answering(USAGE, body).usage_today() == calls


@pytest.mark.parametrize(
    ("now", "day", "calls"),
    [
        ("2026-11-30T05:59:59Z", "2026-11-29", 7),
        ("2026-11-30T06:00:01Z", "2026-11-29", 0),
        ("2026-11-30T06:00:01Z", "2026-11-30", 7),
        # Its clock is ahead of ours.
        ("2026-11-30T05:59:59Z", "2026-11-30", 7),
        ("2026-07-01T05:00:01Z", "2026-06-30", 0),
    ],
)
def test_usage_of_the_day_before_is_none_of_today(answering: Answering, now: str, day: str, calls: int) -> None:
    """Of what was used up yesterday nothing is missing today, and nobody waits for it until tomorrow."""
    with time_machine.travel(now, tick=False):
        assert answering(USAGE, {"success": True, "result": [{"date": day, "total": 7}]}).usage_today() == calls


@pytest.mark.parametrize(
    ("times", "oldest"),
    [
        (["2014-11-13T15:21:36Z+0000"], datetime(2014, 11, 13, 15, 21, 36, tzinfo=UTC)),
        (["2014-11-13T15:21:36-0600", "2014-11-13 20:00:00"], datetime(2014, 11, 13, 20, tzinfo=UTC)),
        (["2014-11-13"], datetime(2014, 11, 13, tzinfo=UTC)),
        ([], None),
    ],
)
def test_the_oldest_folder_is_found_in_any_zone(
    answering: Answering, times: list[str], oldest: datetime | None
) -> None:
    folders = [{"id": 1, "createdAt": time} for time in times]
    assert answering(FOLDERS, envelope(folders)).oldest_folder_created_at() == oldest


def test_no_folders_are_no_list_of_them(answering: Answering) -> None:
    assert answering(FOLDERS, {"success": True}).oldest_folder_created_at() is None
    assert answering(FOLDERS, envelope(None)).oldest_folder_created_at() is None


@pytest.mark.parametrize("folder", [{"id": 1}, {"createdAt": None}, {"createdAt": "once"}, {"createdAt": 5}, None])
def test_a_folder_of_unknown_age_is_refused(answering: Answering, folder: object) -> None:
    """A later beginning would leave out, and so remove from the copy, whoever is older."""
    folders = [{"createdAt": "2024-11-13T15:21:36Z+0000"}, folder]
    assert refused(answering(FOLDERS, envelope(folders)).oldest_folder_created_at)


@pytest.mark.parametrize("odd", [None, "EU", [], 1.5])
def test_a_workspace_that_cannot_be_read_is_not_left_out(answering: Answering, odd: object) -> None:
    """Whoever has a role in all the others would pass for one who sees everybody."""
    known = [{"id": 0, "name": "All"}, {"id": "2", "name": "EU"}]
    assert answering(WORKSPACES, known).workspaces() == [Workspace(2, "EU")]
    assert refused(answering(WORKSPACES, [*known, {"id": odd, "name": "Asia"}]).workspaces)


def test_an_instance_may_have_no_fields(answering: Answering) -> None:
    assert answering(FIELDS, envelope([])).describe_fields() == []


def test_members_of_a_list_may_have_their_ids_as_text(answering: Answering) -> None:
    records = [{"id": "5", "status": "memberof"}, {"id": 6, "status": "memberof"}, {"id": 7, "status": "notmemberof"}]
    assert answering(LIST, envelope(records)).members_of_list(9, [5, 6, 7]) == {5, 6}


@pytest.mark.parametrize("record", [{"id": 5}, {"status": "memberof"}, {"id": None, "status": "memberof"}, None])
def test_an_unknown_member_is_refused(answering: Answering, record: object) -> None:
    """Taken for somebody who is not on the list, a member would leave the copy."""
    assert refused(lambda: answering(LIST, envelope([record])).members_of_list(9, [5]))


@pytest.mark.parametrize("record", [{"id": 9, "name": None}, {"id": 9, "name": []}, {"id": 9, "name": "acme"}])
def test_a_list_without_a_name_is_nobody_s_choice(answering: Answering, record: object) -> None:
    lists = answering(LISTS, envelope([record, {"id": "10", "name": "Acme"}])).static_lists("acme")
    assert [one.list_id for one in lists] == [9, 10][-len(lists) :]


def test_people_on_pages_whose_token_repeats_are_read_once_more_and_no_longer(
    answering: Answering, caplog: pytest.LogCaptureFixture
) -> None:
    client = answering(LEADS, envelope([{"id": 5}], nextPageToken="same"))
    assert client.leads_by_filter("id", [5], ["id"]) == [{"id": 5}, {"id": 5}]
    assert caplog.text.count("value_unreadable") == 1


@pytest.mark.parametrize("body", [{"success": True}, {"success": True, "result": None}, {"result": [None]}])
def test_people_that_are_not_told_are_not_taken_for_nobody(answering: Answering, body: dict[str, Any]) -> None:
    """Whoever was asked for and is not found leaves the copy."""
    assert refused(lambda: answering(LEADS, body).leads_by_filter("id", [5], ["id"]))


COMPLETED = {
    "exportId": "e",
    "status": "Completed",
    "numberOfRecords": 5,
    "fileSize": 9,
    "fileChecksum": f"sha256:{SHA256}",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"numberOfRecords": "5", "fileSize": "9"}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"fileChecksum": SHA256.upper()}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"fileChecksum": "md5:" + "a" * 32}, (ExportStatus.COMPLETED, 5, 9, None, "")),
        ({"fileChecksum": {}, "fileSize": None}, (ExportStatus.COMPLETED, 5, None, None, "")),
        # No column holds it: the run ended as if a worker had crashed again and again.
        ({"numberOfRecords": 2**31}, (ExportStatus.COMPLETED, None, 9, SHA256, "")),
        ({"numberOfRecords": None, "fileSize": []}, (ExportStatus.COMPLETED, None, None, SHA256, "")),
        ({"errorMsg": None}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"errorMsg": {"code": 5}}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"status": "completed"}, (ExportStatus.COMPLETED, 5, 9, SHA256, "")),
        ({"status": "Canceled"}, (ExportStatus.CANCELLED, 5, 9, SHA256, "")),
        ({"status": "Verifying"}, (ExportStatus.PROCESSING, 5, 9, SHA256, "")),
        ({"status": None}, (ExportStatus.PROCESSING, 5, 9, SHA256, "")),
    ],
)
def test_the_state_of_an_export(answering: Answering, changes: dict[str, Any], expected: tuple[object, ...]) -> None:
    """A state that is not known is waited for, as long as any that does not end."""
    export = answering(STATUS, envelope([COMPLETED | changes])).export_status("e")
    assert (export.status, export.rows, export.size, export.checksum, export.error) == expected
