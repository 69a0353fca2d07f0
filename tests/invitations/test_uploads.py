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
from tests.invitations.user_management import UPLOAD, upload
from tests.pages import text_of

GIGABYTE = 1024 * 1024 * 1024
BOUNDARY = "x" * 20


class EndlessBody(io.RawIOBase):
    """A form whose file never ends; counts what was read of it."""

    def __init__(self) -> None:
        self.head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
        ).encode()
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        piece = self.head or b"a@b.example\n" * (64 * 1024 // 12)
        self.head = b""
        self.read_bytes += len(piece)
        return piece


def test_a_gigabyte_is_refused_before_it_is_kept(browser: Client, settings: Settings) -> None:
    """Security statement 29: the announced size decides, and next to nothing is read or held in memory."""
    body = EndlessBody()
    tracemalloc.start()
    answer = browser.generic(
        "POST",
        UPLOAD,
        b"",
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        **{"wsgi.input": body, "CONTENT_LENGTH": str(GIGABYTE)},  # type: ignore[arg-type]
    )
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 400
    assert body.read_bytes < 1024 * 1024
    assert peak < 20 * 1024 * 1024


def test_a_file_that_is_a_little_too_big_is_explained(browser: Client) -> None:
    """Security statement 29: the person sees the page that says why, with the rest of the form intact."""
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", b"a@b.example\n" * 500_000)})
    assert answer.status_code == 400
    assert "The file is bigger than 5 MB" in text_of(answer)
    assert not CsvUpload.objects.exists()


def test_the_form_of_a_refused_file_is_still_checked_for_its_token(admin: User, client_of: ClientOf) -> None:
    """Security statement 39: stopping an upload early must not stop the CSRF check."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(admin).cookies
    answer = strict.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", b"a@b.example\n" * 500_000)})
    assert answer.status_code == 403


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
