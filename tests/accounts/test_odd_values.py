"""Odd stored values never cost a page."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialLogin
from django.core import mail
from django.test import Client

from accounts.models import SalesAccount, Team, User
from accounts.services import RefusedError
from invitations import services, tasks
from invitations.csv_columns import guess_mapping
from invitations.csv_rows import read_people
from invitations.csv_table import read_table
from members import owner_gaps
from sign_in.links import refuse_other_address
from tests.factories import make_member, make_people, make_team
from tests.pages import text_of

USERS = "/settings/admin/users/"


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "../etc/passwd", "Europe", "US/Pacific-New", "x" * 50, "Europe/Å"]
)
def test_a_time_zone_that_this_system_does_not_know_is_utc(browser: Client, admin: User, zone: str) -> None:
    User.objects.filter(pk=admin.pk).update(time_zone=zone)
    assert browser.get(USERS).status_code == 200
    assert browser.get("/settings/profile/").status_code == 200


@pytest.mark.parametrize("name", ["\u200b", "\u3164", "\u00ad\u2060", "\u202e"])
def test_a_name_of_nothing_is_refused(browser: Client, admin: User, name: str) -> None:
    answer = browser.post("/settings/profile/", {"name": name, "language": "en", "time_zone": "UTC"})
    assert answer.status_code == 400
    assert "This name has no visible characters" in text_of(answer)
    teams = browser.post("/settings/admin/teams/", {"name": name})
    assert "This name has no visible characters" in text_of(teams)
    assert not Team.objects.filter(name=name).exists()


def test_a_name_that_turns_text_is_isolated_in_lists_and_mails(
    browser: Client, account: SalesAccount, admin: User
) -> None:
    shown = "\u2068\u202eevil\u2069"
    member = make_member(account, "evil@acme.example")
    User.objects.filter(pk=member.user_id).update(name="\u202eevil")
    team = make_team(account, "\u202eevil")
    assert f">{shown}<" in browser.get(USERS).content.decode()
    assert shown in browser.get(f"/settings/admin/teams/{team.pk}/").content.decode().split("</title>")[0]
    SalesAccount.objects.update(name="\u202eevil")
    new = services.NewInvitation("new@acme.example", "\u202eevil")
    tasks.send_invitation(services.invite(account=account, invited_by=admin, addresses=[new]).sent[0].pk)
    assert shown in mail.outbox[-1].subject
    assert f"Hello {shown}," in str(mail.outbox[-1].body)


@pytest.mark.parametrize("typed", ["A\u030asa", "Åsa", "åsa"])
@pytest.mark.parametrize("stored", ["Åsa Ek", "A\u030asa Ek"])
def test_letters_are_found_composed_or_not(browser: Client, account: SalesAccount, typed: str, stored: str) -> None:
    member = make_member(account, "found@acme.example")
    User.objects.filter(pk=member.user_id).update(name=stored)
    assert "found@acme.example" in text_of(browser.get(USERS, {"q": typed}))


@pytest.mark.parametrize("name", ["North, South", "A;B", "A|B", "Öst, Väst"])
def test_a_team_may_have_a_separator_in_its_name(name: str) -> None:
    teams = [Team(pk=1, name="Everyone", is_everyone=True), Team(pk=2, name=name), Team(pk=3, name="West")]
    table = read_table(f'email\tteam\na@x.example\t"{name}"\nb@x.example\tWest, Everyone\n'.encode())
    rows = read_people(table, guess_mapping(table), teams)
    assert [row.teams for row in rows] == [(teams[1],), (teams[2], teams[0])]


def test_a_salesforce_user_without_an_address_is_another_one() -> None:
    for email in ("", None):
        login = SocialLogin(email_addresses=[EmailAddress(email=email, verified=True)])
        with pytest.raises(RefusedError):
            refuse_other_address(login, "per@acme.example")


def test_a_name_of_nothing_greets_nobody(account: SalesAccount, admin: User) -> None:
    new = services.NewInvitation("new@acme.example", "\u200b\u00ad")
    tasks.send_invitation(services.invite(account=account, invited_by=admin, addresses=[new]).sent[0].pk)
    assert str(mail.outbox[-1].body).startswith("Hello,")


@pytest.mark.parametrize("email", ["", None])
def test_an_owner_without_an_address_cannot_be_invited(
    browser: Client,
    account: SalesAccount,
    salesforce_connection: object,
    monkeypatch: pytest.MonkeyPatch,
    email: str | None,
) -> None:
    owner = {"Id": "005000000000001AAA", "Name": None, "Email": email, "IsActive": True}
    make_people(account, owner_id=owner["Id"])
    monkeypatch.setattr(owner_gaps, "_query_users", lambda connection, ids: iter([owner]))
    page = text_of(browser.get(f"{USERS}owner-gaps/"))
    assert "Without an email address in Salesforce" in page
