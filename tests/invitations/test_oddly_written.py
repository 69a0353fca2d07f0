"""
People whose addresses or names were written oddly, from the invitation to the first sign-in.

What keeps somebody out for good, or lets in somebody else, is only seen at the end of that way. What Chromium itself
does with an address is in tests/browser/test_odd_addresses.py.
"""

from dataclasses import dataclass

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Member, SalesAccount
from tests.invitations.conftest import token_in_last_mail, url_of
from tests.invitations.user_management import INVITE, UPLOAD, USERS
from tests.pages import text_of
from tests.signing_in import sign_in

PASSWORD = "Sommar-i-Skåne-7!"


@dataclass(frozen=True)
class Odd:
    """
    What an admin types into the box, or the file that they choose; who is mailed; how the list shows that person, and
    what the person types to sign in.
    """

    mailed: str
    signs_in_as: str
    shown: str
    box: str = ""
    file: bytes = b""


WORST = {
    "an address for a name": Odd(
        mailed="ivo.marek@fabrikam.example",
        signs_in_as="ivo.marek@fabrikam.example",
        shown="ivo.marek@fabrikam.example",
        box="ivo@acme.example <mailto:ivo.marek@fabrikam.example>",
    ),
    "last name first": Odd(
        mailed="nora.lind@acme.example",
        signs_in_as="Nora.Lind@ACME.example",
        shown="Lind, Nora",
        box="Lind, Nora <nora.lind@acme.example>",
    ),
    "a user name that looks like an address": Odd(
        mailed="lena.berg@acme.example",
        signs_in_as="lena.berg@acme.example",
        shown="Lena Berg",
        file=b'"Username","First Name","Last Name","Email","Role"\n'
        b'"lena.berg@acme.example.crm","Lena","Berg","lena.berg@acme.example",""\n',
    ),
    "Excel for Mac, with its line for the separator": Odd(
        mailed="asa@acme.example",
        signs_in_as="asa@acme.example",
        shown="Åsa Öberg",
        file="sep=;\rE-mail;First name;Last name\rasa@acme.example;Åsa;Öberg\r".encode("mac_roman"),
    ),
}


@pytest.mark.parametrize("odd", WORST.values(), ids=WORST)
def test_they_sign_in_in_the_end(
    odd: Odd,
    browser: Client,
    account: SalesAccount,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invited = (invite_by_file if odd.file else invite_by_box)(browser, odd)
    assert "1 person was invited" in invited
    assert f">{odd.shown}<" in text_of(browser.get(USERS))
    assert [message.to for message in mail.outbox] == [[odd.mailed]]
    form = {"name": "Somebody", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(url_of(token_in_last_mail()), form)["Location"] == "/"
    assert sign_in(Client(), odd.signs_in_as, PASSWORD)["Location"] == "/"
    assert Member.objects.for_account(account).count() == 2


def invite_by_box(browser: Client, odd: Odd) -> str:
    return text_of(browser.post(INVITE, {"emails": odd.box, "role": "user", "language": "en"}, follow=True))


def invite_by_file(browser: Client, odd: Odd) -> str:
    """The columns are confirmed as they were guessed."""
    mapping = browser.post(UPLOAD, {"file": SimpleUploadedFile("team.csv", odd.file)}, follow=True)
    assert "1 person can be invited." in text_of(mapping)
    file = mapping.context["file"]
    fields = [*(field for field, _value in file.mapped_fields), *file.layout_form]
    form = {field.html_name: "" if field.value() is None else field.value() for field in fields}
    address, _status = mapping.redirect_chain[-1]
    return text_of(browser.post(address, form | {"shown": file.shown}, follow=True))
