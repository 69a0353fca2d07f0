"""What may be uploaded, how much of it and how often; nothing of it stays behind."""

import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from invitations import uploads
from invitations.models import CsvUpload
from tests.conftest import ClientOf
from tests.invitations.user_management import UPLOAD, USERS, upload
from tests.pages import text_of
from tests.signing_in import LOGIN

GIGABYTE = 1024 * 1024 * 1024
BOUNDARY = "x" * 20


class EndlessBody(io.RawIOBase):
    """A form whose file never ends; counts what was read of it."""

    def __init__(self) -> None:
        self.head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
        ).encode()
        self.read_bytes = self.lines_read = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.lines_read += 1
        return super().readline(size)

    def read(self, size: int = -1) -> bytes:
        piece = self.head or b"a@b.example\n" * (64 * 1024 // 12)
        self.head = b""
        self.read_bytes += len(piece)
        return piece


def send(browser: Client, address: str, body: EndlessBody, size: int) -> int:
    """A form that announces this size; the status of the answer."""
    answer = browser.generic(
        "POST",
        address,
        b"",
        # Django's client leaves out what it says of a body that is empty.
        **{
            "wsgi.input": body,  # type: ignore[arg-type]
            "CONTENT_LENGTH": str(size),
            "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        },
    )
    return answer.status_code


def test_a_gigabyte_is_refused_before_it_is_kept(browser: Client) -> None:
    """Security statement 29: the announced size decides, and nothing is read or held in memory."""
    body = EndlessBody()
    # What the first page of a process costs, all its templates and addresses, is another matter; and slow to trace.
    send(browser, UPLOAD, EndlessBody(), GIGABYTE)
    tracemalloc.start()
    assert send(browser, UPLOAD, body, GIGABYTE) == 413
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.read_bytes == 0
    assert peak < 20 * 1024 * 1024


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("somebody", "address", "kilobytes"),
    [
        # Five thousand parts without a name, or with hundreds of semicolons: 80 ms of a processor each time.
        ("visitor", LOGIN, 60),
        ("visitor", LOGIN, 20 * 1024),
        ("visitor", UPLOAD, 20 * 1024),
        ("member", UPLOAD, 2 * 1024),
        ("admin", USERS, 2 * 1024),
        ("admin", UPLOAD, 20 * 1024),
    ],
)
def test_what_is_too_big_is_never_read_line_by_line(
    request: pytest.FixtureRequest, client_of: ClientOf, somebody: str, address: str, kilobytes: int
) -> None:
    """Security statement 29: Django would, before anybody is asked who they are, which took seconds of a processor."""
    browser = Client() if somebody == "visitor" else client_of(request.getfixturevalue(somebody))
    body = EndlessBody()
    assert send(browser, address, body, kilobytes * 1024) == 413
    assert body.lines_read == 0


@pytest.mark.django_db
@pytest.mark.parametrize("kilobytes", [1, 10, 1024])
def test_whoever_was_signed_out_meanwhile_is_told_so(client: Client, kilobytes: int) -> None:
    answer = client.post(
        UPLOAD, {"file": SimpleUploadedFile("people.csv", b"x" * kilobytes * 1024)}, headers={"Referer": UPLOAD}
    )
    assert answer["Location"] == f"{LOGIN}?next={UPLOAD}"
    assert "Nothing was saved, because you are not signed in." in text_of(client.get(answer["Location"]))


def test_a_file_that_is_a_little_too_big_is_explained(browser: Client) -> None:
    """Security statement 29: the person sees the page that says why."""
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", b"a@b.example\n" * 500_000)})
    assert answer.status_code == 413
    assert "The file is bigger than 5 MB" in text_of(answer)
    assert not CsvUpload.objects.exists()


def test_no_temporary_file_is_ever_written(browser: Client, settings: Settings, tmp_path: Path) -> None:
    """Security statement 30: a file bigger than what Django keeps in memory by itself goes through memory only."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "missing")
    upload(browser, f"a@b.example,{'x' * 290}\n" * 9_900)


def test_uploads_are_limited_per_person(
    browser: Client, monkeypatch: pytest.MonkeyPatch, account: object, member: User
) -> None:
    """Security statement 30: fill test; one file per person is kept, and not more than so many an hour are taken."""
    monkeypatch.setattr(uploads, "UPLOADS_PER_HOUR", 3)
    for _ in range(3):
        upload(browser, "a@b.example\n")
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", b"a@b.example")})
    assert answer.status_code == 429
    assert "Wait an hour" in text_of(answer)
    assert CsvUpload.objects.count() == 1
