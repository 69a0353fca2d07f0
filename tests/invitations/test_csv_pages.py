"""The second page of Invite Users via CSV says what the file will do, and lets people read it otherwise."""

import re
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.permissions import Role
from invitations.models import CsvUpload, Invitation
from tests.invitations.user_management import UPLOAD
from tests.pages import text_of

INPUTS = Path(__file__).parent / "inputs"


def page_of(browser: Client, data: bytes) -> tuple[str, str]:
    """The address of the second page, and its text."""
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", data)}, follow=True)
    assert answer.status_code == 200, text_of(answer)
    return f"{UPLOAD}{CsvUpload.objects.get().pk}/", text_of(answer)


@pytest.mark.parametrize("name", sorted(path.name for path in INPUTS.glob("*.csv") if "unclosed" not in path.name))
def test_every_input_opens(browser: Client, name: str) -> None:
    _address, page = page_of(browser, (INPUTS / name).read_bytes())
    assert "can be invited" in page


def test_lines_before_the_headings_are_shown_as_nobody(browser: Client) -> None:
    _address, page = page_of(browser, (INPUTS / "linkedin_connections.csv").read_bytes())
    assert "Line 4 is taken for the headings" in page
    assert "Lines above the people, skipped" in page
    assert "When exporting your connection data" in page


def test_what_they_say_is_shown_as_it_stands(browser: Client) -> None:
    """A line that was cut was escaped twice."""
    _address, page = page_of(
        browser, b"Sales & marketing,of <Acme>" + b" and" * 50 + b"\nEmail,Name\nnora@acme.example,Nora\n"
    )
    assert "Sales & marketing of <Acme>" in page


def test_the_page_says_which_of_several_addresses_is_taken(browser: Client) -> None:
    _address, page = page_of(browser, (INPUTS / "salesforce_users_report.csv").read_bytes())
    assert "Email is taken; nobody is invited at those of Username" in page
    assert "The column Role holds no role of this console, so everybody becomes User" in page
    assert "3 people can be invited" in page


def test_how_many_admins_are_made_and_one_click_makes_none(browser: Client) -> None:
    data = b"email,role\na@acme.example,Admin\nb@acme.example,admin\nc@acme.example,\n"
    address, page = page_of(browser, data)
    assert "2 of them get the role Admin" in page
    answer = text_of(browser.post(address, {"email": "0", "role": "1", "drop": "role"}))
    assert "of them get" not in answer
    assert not Invitation.objects.exists()
    browser.post(address, {"email": "0", "role": ""})
    assert set(Invitation.objects.values_list("role", flat=True)) == {Role.USER}


def test_the_page_names_those_who_are_invited_with_more_rights_first(browser: Client) -> None:
    """It named everybody who is skipped, and nobody whom the button invites."""
    rows = ["a@acme.example,A,user", "wrong,,", "b@acme.example,B,", "c@acme.example,C,Admin", "d@acme.example,D,"]
    _address, page = page_of(browser, "\n".join(["email,name,role", *rows]).encode())
    invited, samples = page[page.index('id="good"') : page.index('id="samples"')], page[page.index('id="samples"') :]
    assert re.findall(r"(\w)@acme.example", invited) == ["c", "a", "b", "d"]
    assert invited.count("Admin") == 1
    assert "3 of 5 rows" in samples
    assert '<td class="num">4</td> <td>b@acme.example</td>' in samples


def test_unknown_roles_say_that_the_column_can_be_left_out(browser: Client) -> None:
    address, page = page_of(browser, (INPUTS / "roles.csv").read_bytes())
    assert "There is no role “Admins”" in page
    assert "or set Role to “Not in the file”" in page
    assert "Set Role to “Not in the file”: everybody becomes User" in page
    assert "6 people can be invited" in text_of(browser.post(address, {"email": "0", "role": "1", "drop": "role"}))


def test_wrong_letters_are_seen_and_chosen_otherwise(
    browser: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """What is mailed is what was shown."""
    address, page = page_of(browser, "email,name\na@acme.example,Benoît\n".encode("mac_roman"))
    assert "The letters were read as" in page
    sent = {"email": "0", "name": "1", "shown": _hidden(page), "encoding": "mac_roman"}
    answer = text_of(browser.post(address, sent))
    assert "Benoît" in answer
    assert not Invitation.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(address, sent | {"shown": _hidden(answer)})
    assert Invitation.objects.get().name == "Benoît"
    assert "Benoît" in str(mail.outbox[-1].body)


def test_a_person_taken_for_the_headings_comes_back(browser: Client) -> None:
    address, page = page_of(browser, b"per(at)acme.example;Per\na@acme.example;Asa\n")
    assert "Line 1 is taken for the headings" in page
    answer = text_of(browser.post(address, {"email": "0", "heading_line": "0", "shown": _hidden(page), "check": "1"}))
    assert "The file has no headings: its first row is a person" in answer
    assert "“per(at)acme.example” is not an email address" in answer


def test_a_changed_layout_invites_nobody_before_it_was_seen(browser: Client) -> None:
    address, page = page_of(browser, b"email;name\na@acme.example;Bo\n")
    answer = browser.post(address, {"email": "0", "heading_line": "2", "shown": _hidden(page)})
    assert answer.status_code == 200
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "choice",
    [{"encoding": "utf-16"}, {"separator": "|"}, {"heading_line": "1"}, {"heading_line": "99"}, {"encoding": "x"}],
)
def test_no_choice_crashes_the_page(browser: Client, choice: dict[str, str]) -> None:
    address, page = page_of(browser, "email;name\na@acme.example;Åsa\n".encode("cp1252"))
    answer = browser.post(address, {"email": "0", "shown": _hidden(page), "check": "1", **choice})
    assert answer.status_code in {200, 400}
    assert "a@acme.example" in text_of(answer)
    assert browser.get(f"{address}report/", {"email": "0", **choice}).status_code in {200, 404}


def test_a_file_with_many_columns_shows_those_that_matter(browser: Client) -> None:
    _address, page = page_of(browser, (INPUTS / "outlook_contacts.csv").read_bytes())
    assert "<td>nora.ek@acme.example</td>" in page
    assert "TTY/TDD Phone</th>" not in page


def _hidden(page: str) -> str:
    start = page.index('name="shown" value="') + len('name="shown" value="')
    return page[start : page.index('"', start)]


@pytest.mark.parametrize("name", ["google_contacts.csv", "linkedin_connections.csv", "sep_semicolon.csv"])
def test_the_layout_that_was_guessed_is_chosen_in_the_page(browser: Client, name: str) -> None:
    """A browser sends the first choice of a list in which none is: that was another layout, and nobody was invited."""
    address, _page = page_of(browser, (INPUTS / name).read_bytes())
    form = browser.get(address).context["file"].layout_form
    for field in ("encoding", "separator", "heading_line"):
        chosen = [str(option.data["value"]) for option in form[field].subwidgets if option.data["selected"]]
        assert chosen == [str(getattr(form.layout, field))]
