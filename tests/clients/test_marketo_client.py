"""The Marketo client against the sandbox, and the addresses it may call."""

import csv
import hashlib
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from clients import http
from clients.hosts import ForbiddenHost, normalise_marketo_endpoint
from clients.marketo.client import MarketoClient, MemoryTokenCache
from clients.marketo.errors import (
    ExportAlreadyQueued,
    ExportFileMissing,
    ExportQueueFull,
    FilterUnavailable,
    TokenRefused,
    error_for_code,
    next_quota_reset,
)
from clients.marketo.types import Export, ExportStatus, TokenCache
from sandbox.testing import SandboxProcess
from tests.canned_answers import CannedAnswers, canned_answers

LOCAL = "http://127.0.0.1:8001"
CLIENT_SECRET = "sandbox-client-secret"
ENDPOINT = "https://123-abc-456.mktorest.com"


@pytest.mark.parametrize(
    "typed",
    [
        "123-ABC-456",
        " 123-abc-456\n",
        "123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com/",
        "https://123-ABC-456.mktorest.com/rest",
        "https://123-ABC-456.mktorest.com/identity/",
        "https://123-abc-456.mktorest.com:443/rest",
    ],
)
def test_every_spelling_of_a_marketo_endpoint_becomes_one_origin(typed: str) -> None:
    assert normalise_marketo_endpoint(typed, extra_hosts=[]) == ENDPOINT


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "http://123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com:8443",
        "https://123-ABC-456.mktorest.com:443@evil.example",
        "https://evil.example/123-ABC-456.mktorest.com",
        "https://evil.example#123-ABC-456.mktorest.com",
        "https://evil.example\\.123-ABC-456.mktorest.com",
        "https://user:word@123-ABC-456.mktorest.com",
        "https://123-ABC-456.mktorest.com.evil.example",
        "https://123-ABC-456.mktorest.com%2eevil.example",
        "https://123-ABC-456.mktorest.com/rest?next=https://evil.example",
        "https://123-ABC-456.mktorest.com/rest/../admin",
        "https://123-ABC-456.mktorest.com\nHost: evil.example",
        "https://123-ABC-456.mktorest。com",
        "https://123-AB\u212a-456.mktorest.com",
        "https://mktorest.com",
        "https://.mktorest.com",
        "file:///etc/passwd",
        "gopher://123-ABC-456.mktorest.com",
        "127.0.0.1",
        "http://127.0.0.1:8002",
        "http://localhost:8001",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/rest",
        f"{LOCAL}@evil.example",
        f"{LOCAL}.evil.example",
        f"{LOCAL}/admin",
    ],
)
def test_hostile_marketo_endpoints_are_refused(typed: str) -> None:
    with pytest.raises(ForbiddenHost):
        normalise_marketo_endpoint(typed, extra_hosts=[LOCAL])


def test_server_settings_allow_an_exact_local_origin() -> None:
    assert normalise_marketo_endpoint(f"{LOCAL}/rest/", extra_hosts=[LOCAL]) == LOCAL


@pytest.mark.parametrize(
    ("code", "message", "kind", "retry_after"),
    [
        ("601", "Access token invalid", TokenRefused, None),
        ("603", "Access denied", http.AccessDenied, None),
        ("606", "Max rate limit '100' exceeded with in '20' secs", http.RateLimited, 20),
        ("608", "API Temporarily Unavailable", http.TransientApiError, None),
        ("1003", "Too many results match the filter", http.ApiError, None),
        ("1029", "Too many jobs in queue", ExportQueueFull, 60),
        ("1029", "Job already queued", ExportAlreadyQueued, None),
        ("1029", "Export daily quota 500MB exceeded.", http.QuotaExceeded, None),
        ("1035", "Unsupported filter type for target subscription: updatedAt", FilterUnavailable, None),
    ],
)
def test_each_marketo_code_has_its_error(
    code: str, message: str, kind: type[http.ApiError], retry_after: float | None
) -> None:
    error = error_for_code(code, message)
    assert type(error) is kind
    assert (error.code, error.detail) == (code, message)
    assert getattr(error, "retry_after", None) == retry_after


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        ("2026-01-15T05:59:00Z", "2026-01-15T06:00:00Z"),
        ("2026-07-15T05:30:00Z", "2026-07-16T05:00:00Z"),
        ("2026-03-08T12:00:00Z", "2026-03-09T05:00:00Z"),  # the day the clocks go forward
        # Refused by a clock that is behind ours, or before midnight: a day would be waited for in vain.
        ("2026-01-15T06:01:00Z", "2026-01-15T06:00:00Z"),
        ("2026-01-15T06:03:00Z", "2026-01-16T06:00:00Z"),
    ],
)
def test_quota_resets_at_central_midnight(now: str, reset: str) -> None:
    with time_machine.travel(now, tick=False):
        assert next_quota_reset() == datetime.fromisoformat(reset)


def make_client(
    sandbox: SandboxProcess, client_secret: str = CLIENT_SECRET, token_cache: TokenCache | None = None
) -> MarketoClient:
    session = http.open_session(allowed_hosts=[sandbox.url])
    return MarketoClient(sandbox.url, "sandbox-client-id", client_secret, session=session, token_cache=token_cache)


@pytest.fixture
def client(sandbox: SandboxProcess) -> MarketoClient:
    return make_client(sandbox)


def calls_to(sandbox: SandboxProcess, path: str) -> int:
    return sum(call["path"] == path for call in sandbox.get("/_sandbox/calls"))


def finish(client: MarketoClient, export: Export) -> Export:
    client.enqueue_export(export.export_id)
    deadline = time.monotonic() + 10
    while (status := client.export_status(export.export_id)).status != ExportStatus.COMPLETED:
        assert time.monotonic() < deadline, status
        time.sleep(0.02)
    return status


@pytest.fixture
def export(sandbox: SandboxProcess, young_company: None, client: MarketoClient) -> Export:
    """A completed export of the people of the month with the first person."""
    sandbox.post("/_sandbox/switches", {"export_seconds": 0.05})
    (first,) = client.leads_by_filter("id", [1], ["createdAt"])
    start = datetime.fromisoformat(first["createdAt"])
    fields = ["id", "firstName", "email", "sfdcLeadOwnerId"]
    created = client.create_export(fields, start, start + timedelta(days=30))
    assert (created.status, created.checksum) == (ExportStatus.CREATED, None)
    return finish(client, created)


def test_credentials_are_checked_and_name_their_owner(sandbox: SandboxProcess, client: MarketoClient) -> None:
    assert "@" in client.check_credentials()
    with pytest.raises(http.ReconnectNeeded) as caught:
        make_client(sandbox, client_secret="a-wrong-word").check_credentials()
    assert "a-wrong-word" not in str(caught.value) + caught.value.detail


def test_describe_lists_the_fields_rest_can_read(client: MarketoClient) -> None:
    fields = {field.name: field for field in client.describe_fields()}
    assert {"id", "email", "sfdcLeadId", "sfdcLeadOwnerId"} <= fields.keys()
    assert (fields["id"].data_type, fields["firstName"].length) == ("integer", 255)


def test_people_are_read_in_batches_of_300(sandbox: SandboxProcess, client: MarketoClient) -> None:
    people = client.leads_by_filter("id", range(1, 500), ["id", "email"])
    assert [person["id"] for person in people] == sorted({person["id"] for person in people})
    assert len(people) == sandbox.get("/_sandbox/state")["people"]
    assert set(people[0]) == {"id", "email"}
    assert calls_to(sandbox, "/rest/v1/leads.json") == 2


@pytest.mark.usefixtures("young_company")
def test_people_are_told_with_their_roles_one_at_a_time(client: MarketoClient) -> None:
    roles = {user.email: client.roles_of(user.user_id) for user in client.people()}
    admins = {email for email, names in roles.items() if names == {"Admin"}}
    assert admins == {"marketo-admin@demo.example", "maria.lind@acme.example", "jonas.berg@acme.example"}
    assert "API Role" not in set().union(*roles.values()), "no API-only user is a person"


@pytest.mark.usefixtures("young_company")
def test_changes_are_read_from_a_token_on(sandbox: SandboxProcess, client: MarketoClient) -> None:
    token = client.paging_token(datetime.now(UTC) - timedelta(minutes=1))
    for body in ({"action": "change", "ids": [1], "fields": {"title": "Chair"}}, {"action": "delete", "ids": [2]}):
        sandbox.post("/_sandbox/people", body)
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [3, 4, 5]})
    changes = client.lead_changes(token, ["title"])
    assert 1 in changes.person_ids
    assert client.lead_changes(changes.next_token, ["title"]).person_ids == frozenset()
    assert client.deleted_leads(token).person_ids == {2}
    merges = client.activities(token, [client.activity_type_ids()["Merge Leads"]])
    assert (merges.person_ids, merges.has_more) == (frozenset({3, 4, 5}), False)


@pytest.mark.usefixtures("young_company")
def test_nobody_is_older_than_the_oldest_folder(client: MarketoClient) -> None:
    (first,) = client.leads_by_filter("id", [1], ["createdAt"])
    oldest = client.oldest_folder_created_at()
    assert oldest
    assert oldest <= datetime.fromisoformat(first["createdAt"])
    assert oldest.tzinfo is UTC


def test_usage_counts_our_calls(client: MarketoClient) -> None:
    before = client.usage_today()
    client.activity_type_ids()
    assert client.usage_today() > before


def test_an_export_matches_its_size_checksum_and_rows(client: MarketoClient, export: Export) -> None:
    with client.open_export_file(export.export_id) as file:
        assert file.length == export.size
        content = b"".join(file.iter_chunks(1000))
    assert (len(content), hashlib.sha256(content).hexdigest()) == (export.size, export.checksum)
    header, *rows = csv.reader(content.decode().splitlines(keepends=True))
    assert header == ["id", "firstName", "email", "sfdcLeadOwnerId"]
    assert len(rows) == export.rows


def read_into(content: bytearray, file: http.Download) -> None:
    for chunk in file.iter_chunks(100):
        content += chunk


def test_a_dropped_download_is_resumed_at_a_byte(
    sandbox: SandboxProcess, client: MarketoClient, export: Export
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "file.json", "kind": "truncate", "count": 1, "after_bytes": 700})
    content = bytearray()
    with client.open_export_file(export.export_id) as file, pytest.raises(http.Unreachable):
        read_into(content, file)
    assert 0 < len(content) <= 700
    with client.open_export_file(export.export_id, offset=len(content)) as file:
        assert file.length == (export.size or 0) - len(content)
        read_into(content, file)
    assert hashlib.sha256(content).hexdigest() == export.checksum


@pytest.mark.parametrize(
    ("status", "content_range", "expected"),
    [(206, "bytes 4-9/10", b"456789"), (206, "bytes 2-9/10", b"6789"), (200, "", b"456789")],
)
def test_a_resumed_download_starts_at_the_asked_byte(status: int, content_range: str, expected: bytes) -> None:
    with canned_answers() as origin:
        body = b"456789" if status == 206 else b"0123456789"
        client = canned_file(origin, status, body, {"Content-Range": content_range, "Content-Length": str(len(body))})
        with client.open_export_file("export", offset=4) as file:
            assert (b"".join(file.iter_chunks(3)), file.length) == (expected, len(expected))


def test_a_download_that_leaves_out_bytes_is_refused() -> None:
    with canned_answers() as origin:
        client = canned_file(origin, 206, b"6789", {"Content-Range": "bytes 6-9/10"})
        with pytest.raises(http.UnexpectedAnswer), client.open_export_file("export", offset=4):
            pass


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_is_no_file(status: int) -> None:
    with canned_answers() as origin:
        client = canned_file(origin, status, b"", {"Content-Type": "text/csv"})
        with pytest.raises(http.UnexpectedAnswer), client.open_export_file("export"):
            pass


def canned_file(origin: str, status: int, body: bytes, headers: dict[str, str]) -> MarketoClient:
    token = {"access_token": "token", "expires_in": 3599, "scope": "api@acme.example"}
    CannedAnswers.answers = {
        "/identity/oauth/token": (200, token, {}),
        "/bulk/v1/leads/export/export/file.json": (status, body, headers),
    }
    return MarketoClient(origin, "id", "secret", session=http.open_session(allowed_hosts=[origin]))


def test_an_error_in_place_of_the_file_is_no_csv(
    sandbox: SandboxProcess, client: MarketoClient, export: Export
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "file.json", "kind": "marketo:606", "count": 1})
    with pytest.raises(http.RateLimited), client.open_export_file(export.export_id):
        pass


def test_an_export_goes_through_its_states(client: MarketoClient) -> None:
    now = datetime.now(UTC)
    created = client.create_export(["id"], now - timedelta(days=1), now)
    with pytest.raises(ExportFileMissing), client.open_export_file(created.export_id):
        pass
    assert client.enqueue_export(created.export_id).status == ExportStatus.QUEUED
    with pytest.raises(ExportAlreadyQueued):
        client.enqueue_export(created.export_id)
    assert client.cancel_export(created.export_id).status == ExportStatus.CANCELLED


def test_a_window_of_more_than_31_days_is_refused_with_marketos_code(client: MarketoClient) -> None:
    now = datetime.now(UTC)
    with pytest.raises(http.ApiError) as caught:
        client.create_export(["id"], now - timedelta(days=32), now)
    assert caught.value.code == "1003"


def test_an_expired_token_is_renewed_once(sandbox: SandboxProcess, client: MarketoClient) -> None:
    sandbox.post("/_sandbox/faults", {"path": "types.json", "kind": "token_expired", "count": 1})
    assert client.activity_type_ids()
    sandbox.post("/_sandbox/faults", {"path": "types.json", "kind": "token_expired", "count": 2})
    with pytest.raises(TokenRefused):
        client.activity_type_ids()


def test_workers_share_one_token(sandbox: SandboxProcess) -> None:
    cache = MemoryTokenCache()
    for _worker in range(2):
        make_client(sandbox, token_cache=cache).activity_type_ids()
    assert calls_to(sandbox, "/identity/oauth/token") == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status:503", http.TransientApiError),
        ("status:429", http.RateLimited),
        ("status:404", http.UnexpectedAnswer),
        ("marketo:608", http.TransientApiError),
        ("marketo:607", http.QuotaExceeded),
        ("reset", http.Unreachable),
        ("truncate", http.Unreachable),
    ],
)
def test_trouble_at_marketo_has_its_error(
    sandbox: SandboxProcess, client: MarketoClient, kind: str, error: type[http.ApiError]
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "types.json", "kind": kind, "count": 1})
    with pytest.raises(error) as caught:
        client.activity_type_ids()
    assert type(caught.value) is error
