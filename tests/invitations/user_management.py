"""The pages of User Management: their addresses, and what an admin sends from them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Member
from invitations.models import CsvUpload, Invitation
from tests.pages import text_of

USERS = "/settings/admin/users/"
INVITE = f"{USERS}invite/"
UPLOAD = f"{USERS}invite-csv/"
ROLE = f"{USERS}selected/role/"


def keys_of(*rows: Member | Invitation) -> list[str]:
    """What the ticks in the lines of members and invitations send."""
    return [f"{'m' if isinstance(row, Member) else 'i'}{row.pk}" for row in rows]


def upload(browser: Client, data: str, name: str = "people.csv") -> CsvUpload:
    """Send a file that can be read; it is kept until it is confirmed."""
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile(name, data.encode())})
    assert answer.status_code == 302, text_of(answer)
    kept = CsvUpload.objects.get()
    assert answer["Location"] == f"{UPLOAD}{kept.pk}/"
    return kept
