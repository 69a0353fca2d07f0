"""Invite Users via CSV, from the file to the mails."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import AuditEvent, User
from accounts.permissions import Role
from invitations import tasks
from invitations.audit_actions import InvitationAction
from invitations.models import CsvUpload, Invitation
from tests.invitations.conftest import MakeInvitation
from tests.invitations.user_management import UPLOAD, upload
from tests.pages import rows_of, source_of, text_of

DATA = "Epost;Förnamn;Roll\nåsa@acme.example;Åsa;\nper@acme.example;Per;admin\nwrong;;\n"


def test_from_the_file_to_the_mails(
    browser: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    kept = upload(browser, DATA.replace("åsa@", "asa@"))
    mapping = text_of(browser.get(f"{UPLOAD}{kept.pk}/"))
    assert "2 people can be invited. 1 row is skipped" in mapping
    assert '<td class="num">4</td>' in mapping
    with django_capture_on_commit_callbacks(execute=True):
        columns = {"email": "0", "first_name": "1", "role": "2"}
        page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", columns, follow=True))
        assert not mail.outbox
    assert "2 people were invited" in page
    assert "Line 4" in page
    assert sorted(message.to[0] for message in mail.outbox) == ["asa@acme.example", "per@acme.example"]
    assert Invitation.objects.get(email="per@acme.example").role == Role.ADMIN
    assert not CsvUpload.objects.exists()


def test_who_was_skipped_stands_on_the_last_page_with_line_and_address_and_in_a_file(
    browser: Client, member: User
) -> None:
    kept = upload(browser, f"Email,Role\na@acme.example,\n{member.email},\nb@acme.example,boss\n")
    page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", {"email": "0", "role": "1"}, follow=True))
    assert re.findall(r"<b>Line (\d)</b> +([^ ]+):", page) == [("3", member.email), ("4", "b@acme.example")]
    (address,) = re.findall(r'href="([^"]+)" download', page)
    rows = list(rows_of(browser.get(address)))
    assert [row[:2] for row in rows] == [["Line", "Email"], ["3", member.email], ["4", "b@acme.example"]]
    assert "There is no role “boss”" in rows[2][2]
    assert AuditEvent.objects.latest("pk").action == InvitationAction.REPORT_EXPORTED


def test_another_mapping_is_checked_before_anything_is_sent(browser: Client) -> None:
    kept = upload(browser, "a@acme.example,b@acme.example\n")
    page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", {"email": "1", "check": "1"}))
    assert "1 person can be invited" in page
    assert '<option value="1" selected>Column 2</option>' in page
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("people.csv", b"name\nPer\n", "No column of this file holds email addresses"),
        ("people.xlsx", b"a@b.example", "Choose a file whose name ends in .csv or .txt"),
        ("people.csv", b"PK\x03\x04\x00", "This is not a text file"),
    ],
)
def test_a_file_that_cannot_be_used(browser: Client, name: str, data: bytes, sentence: str) -> None:
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 400
    assert sentence in text_of(answer)
    assert not CsvUpload.objects.exists()


def test_cells_are_shown_as_text(browser: Client) -> None:
    kept = upload(browser, "a@acme.example,<script>alert(1)</script>\n")
    page = source_of(browser.get(f"{UPLOAD}{kept.pk}/"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_column_that_does_not_exist_is_refused(browser: Client) -> None:
    kept = upload(browser, "a@acme.example\n")
    assert browser.post(f"{UPLOAD}{kept.pk}/", {"email": "7"}).status_code == 400


def test_one_file_per_person_and_a_day(browser: Client) -> None:
    upload(browser, "a@acme.example\n")
    kept = upload(browser, "b@acme.example\n")
    CsvUpload.objects.update(created_at=timezone.now() - timedelta(days=1))
    page = browser.get(f"{UPLOAD}{kept.pk}/")
    assert page.status_code == 404
    assert "This file has been used, or was uploaded more than a day ago." in text_of(page)
    tasks.delete_outdated_uploads()
    assert not CsvUpload.objects.exists()


def test_the_template_has_a_name_of_ours(browser: Client) -> None:
    answer = browser.get(f"{UPLOAD}template/")
    assert answer["Content-Disposition"] == 'attachment; filename="sales-account-users.csv"'
    assert answer.content.decode("utf-8-sig") == "Email,First name,Last name,Team,Role\r\n"


def test_the_dry_run_sees_members_and_invitations_of_this_account_only(
    browser: Client, member: User, stranger: User, invite: MakeInvitation
) -> None:
    invite("waiting@acme.example")
    kept = upload(browser, f"{member.email}\nwaiting@acme.example\n{stranger.email}\nnew@acme.example\n")
    page = text_of(browser.get(f"{UPLOAD}{kept.pk}/"))
    assert "2 people can be invited. 2 rows are skipped" in page
    for line, reason in ((1, "already a member"), (2, "already invited")):
        assert page.index(f'<td class="num">{line}</td>') < page.index(reason)
    assert not Invitation.objects.filter(email="new@acme.example").exists()


def test_the_dry_run_counts_seats(browser: Client) -> None:
    kept = upload(browser, "\n".join(f"p{number}@acme.example" for number in range(101)))
    page = text_of(browser.get(f"{UPLOAD}{kept.pk}/"))
    assert "99 people can be invited. 2 rows are skipped" in page
    assert "All 100 seats are taken" in page


def test_the_same_file_again_sends_nothing(browser: Client) -> None:
    for expected in ("1 person was", "0 people were"):
        kept = upload(browser, "a@acme.example\n")
        page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", {"email": "0"}, follow=True))
        assert f"{expected} invited" in page
    assert Invitation.objects.count() == 1


def test_the_report_has_a_verdict_for_every_row(browser: Client, member: User) -> None:
    kept = upload(browser, f'Email,Team\n"=cmd@acme.example",\n{member.email},\nwrong,\nx@acme.example,=North\n')
    answer = browser.get(f"{UPLOAD}{kept.pk}/report/?email=0&team=1")
    assert answer["Content-Disposition"] == 'attachment; filename="sales-account-users-report.csv"'
    rows = [(row[0], row[1], row[4]) for row in rows_of(answer)][1:]
    assert rows[0] == ("2", "'=cmd@acme.example", "Can be invited")
    assert rows[1] == ("3", member.email, "This person is already a member of the Sales account.")
    assert "is not an email address" in rows[2][2]
    assert "There is no team “=North”" in rows[3][2]
    assert browser.get(f"{UPLOAD}{kept.pk}/report/?email=9").status_code == 404
