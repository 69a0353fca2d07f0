"""Inviting by every spelling of an address: once per person, and never an address that cannot be mailed."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import SalesAccount, User
from accounts.services import RefusedError
from invitations import services, tasks
from invitations.addresses import read_addresses
from invitations.csv_columns import guess_mapping
from invitations.csv_rows import InviteRow, read_people
from invitations.csv_table import read_table
from invitations.models import Invitation
from tests.factories import make_invitation, make_marketo_admin
from tests.invitations.conftest import MakeInvitation, url_of
from tests.invitations.user_management import INVITE, USERS, keys_of
from tests.pages import text_of
from tests.signing_in import sign_in

INPUTS = Path(__file__).parent / "inputs"
SHOWN = "per@åkeri.example"
PUNYCODE = "per@xn--keri-poa.example"
NEW_USER = {"name": "Per Ek", "password1": "Correct-Horse-7", "password2": "Correct-Horse-7"}


def people(name: str) -> list[InviteRow]:
    table = read_table((INPUTS / name).read_bytes())
    return read_people(table, guess_mapping(table), [])


def test_a_file_with_two_spellings_has_one_person() -> None:
    first, *others = people("idn_two_spellings.csv")
    assert (first.email, first.problem) == (SHOWN, "")
    assert [row.problem for row in others] == ["Same address as on line 2."] * 2


def test_invisible_characters_go_away_at_the_ends_and_are_named_elsewhere() -> None:
    found = {row.line: row.email or row.problem for row in people("invisible.csv")}
    named = {4: "U+200B ZERO WIDTH SPACE", 5: "U+00AD SOFT HYPHEN", 8: "U+00A0 NO-BREAK SPACE"}
    for line, email in found.items():
        assert named[line] in email if line in named else email.isascii()
    assert sorted(set(found) - set(named)) == [2, 3, 6, 7, 9, 10]


def test_the_same_address_is_not_invited_again_by_an_invisible_difference() -> None:
    rows = people("same_address_invisible_domain.csv")
    assert [bool(row.problem) for row in rows] == [False, True, True, True, True]
    assert [row.problem for row in rows[3:]] == ["Same address as on line 2."] * 2


@pytest.mark.parametrize("text", ["dan@acme\u00ad.example", "a@corp.local", "åsa@acme.example", "a@\u3164.example"])
def test_the_box_never_takes_what_cannot_be_mailed(browser: Client, text: str) -> None:
    answer = browser.post(INVITE, {"emails": text, "role": "user", "language": "en"})
    assert answer.status_code == 400
    assert not Invitation.objects.exists()
    assert f"{text}</textarea>" in answer.content.decode()


def test_nobody_else_may_let_such_an_address_in(account: SalesAccount, admin: User) -> None:
    """Owner gaps and the question to a Salesforce admin come past no form of ours."""
    outcome = services.invite(
        account=account, invited_by=admin, addresses=[services.NewInvitation("sam@acme.example.invalid")]
    )
    assert "is reserved" in outcome.skipped[0].reason
    with pytest.raises(RefusedError, match="U\\+200B"):
        services.ask_salesforce_admin(account=account, email="s@ac\u200bme.example", step=2, invited_by=admin)


def test_the_first_admin_has_an_address_too(admin: User) -> None:
    marketo_admin = make_marketo_admin(email="mia@corp.local")
    with pytest.raises(RefusedError, match="reserved"):
        services.set_up_sales_account(instance=marketo_admin.instance, email=marketo_admin.email, invited_by=admin)


@pytest.mark.parametrize("typed", [SHOWN, PUNYCODE, "PER@A\u030aKERI.example"])
def test_who_is_invited_activates_and_signs_in_by_what_a_browser_sends(
    client: Client, invite: MakeInvitation, typed: str
) -> None:
    [address] = read_addresses(typed)
    invitation, token = invite(address.email)
    assert invitation.email == SHOWN
    assert mail.outbox[-1].to == [PUNYCODE]
    assert SHOWN in text_of(client.get(url_of(token)))
    assert client.post(url_of(token), NEW_USER)["Location"] == "/"
    assert sign_in(Client(), PUNYCODE, "Correct-Horse-7")["Location"] == "/"


def raw_email(invitation: Invitation, email: str) -> None:
    """As an old release has stored it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invitations_invitation SET email = %s WHERE id = %s", [email, invitation.pk])


@pytest.mark.parametrize("email", ["cia@acme\u200b.example", "hal@acme\u00a0.example", "åsa@acme.example"])
def test_a_mail_that_cannot_be_made_is_a_problem_with_a_sentence(
    browser: Client, account: SalesAccount, email: str
) -> None:
    invitation = make_invitation(account, "cia@acme.example")
    raw_email(invitation, email)
    assert tasks.send_invitation.apply((invitation.pk,)).successful()
    invitation.refresh_from_db()
    assert invitation.state == Invitation.State.NOT_SENT
    page = text_of(browser.get(USERS))
    assert "No mail can be sent to this address. Revoke this invitation" in page
    answer = browser.post(f"{USERS}selected/resend/", {"rows": keys_of(invitation)}, follow=True)
    assert "Nobody can sign in with it: invite the person at the right address" in text_of(answer)
    assert not mail.outbox


def test_open_invitations_of_an_old_release_become_one(account: SalesAccount) -> None:
    old = make_invitation(account, "old@acme.example")
    new = make_invitation(account, "new@acme.example")
    raw_email(old, SHOWN)
    raw_email(new, PUNYCODE)
    import_module("invitations.migrations.0002_one_spelling_of_an_address").store_one_spelling(apps, None)
    open_ones = Invitation.objects.open()
    assert [(one.pk, one.email) for one in open_ones] == [(new.pk, SHOWN)]
