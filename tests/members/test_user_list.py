"""The list of User Management: filters, order, pages by key, and changes to every ticked line."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from invitations import accepting, services
from invitations.audit_actions import InvitationAction
from invitations.models import MAIL_TIME_LIMIT, Invitation
from members.user_list import SORT_KEYS
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_invitation, make_member, make_team
from tests.invitations.conftest import MakeInvitation
from tests.invitations.user_management import USERS, keys_of
from tests.pages import text_of


@pytest.fixture
def crowd(account: SalesAccount, admin: User) -> list[str]:
    """Forty members and forty invitations, some of one name, and the admin: their addresses."""
    members = [make_member(account, f"m{number:02}@acme.example", Role.USER) for number in range(40)]
    User.objects.filter(email__in=["m03@acme.example", "m17@acme.example"]).update(name="Åsa Öst")
    User.objects.filter(email="m05@acme.example").update(last_login=timezone.now())
    new = [services.NewInvitation(f"i{number:02}@acme.example", "Åsa Öst" * (number < 3)) for number in range(40)]
    sent = services.invite(account=account, invited_by=admin, addresses=new).sent
    return [admin.email, *(member.user.email for member in members), *(one.email for one in sent)]


TICKED = re.compile(r'aria-label="Tick ([^"]+)"')


def emails_on(browser: Client, address: str) -> list[str]:
    return TICKED.findall(text_of(browser.get(address)))


def link(page: str, label: str) -> str:
    """Where a link of the pages leads; empty when there is none."""
    icon = r"(?:<svg(?:(?!</svg>).)*</svg>)?"
    found = re.search(rf'href="([^"]+)"(?: class="ms-auto")?>{icon} ?{label}', page)
    return USERS + found[1] if found else ""


@pytest.mark.parametrize("sort", [f"{sign}{column}" for column in SORT_KEYS for sign in ("", "-")])
def test_pages_forward_and_back_show_everybody_once(browser: Client, crowd: list[str], sort: str) -> None:
    pages = [text_of(browser.get(f"{USERS}?sort={sort}"))]
    while following := link(pages[-1], "Next"):
        pages.append(text_of(browser.get(following)))
    shown = [TICKED.findall(page) for page in pages]
    assert list(map(len, shown)) == [35, 35, 11]
    assert sorted(email for emails in shown for email in emails) == sorted(crowd)
    again = text_of(browser.get(link(pages[1], "Previous")))
    assert TICKED.findall(again) == shown[0]
    assert not link(again, "Previous")


def test_columns_sort_members_and_invitations_together(browser: Client, crowd: list[str]) -> None:
    first, second = emails_on(browser, USERS), emails_on(browser, f"{USERS}?page=2")
    without_name = [email for email in first + second if email[:3] not in {"i00", "i01", "i02", "m03", "m17"}]
    assert without_name == sorted(without_name)
    assert {email[0] for email in without_name} == {"a", "i", "m"}
    assert emails_on(browser, f"{USERS}?sort=-seen")[0] == "m05@acme.example"
    assert emails_on(browser, f"{USERS}?sort=role")[0] == "admin@acme.example"
    assert emails_on(browser, f"{USERS}?sort=since")[0] == "admin@acme.example"
    assert emails_on(browser, f"{USERS}?sort=-since")[0] == "i39@acme.example"


def test_a_heading_says_its_order_and_turns_it_round(browser: Client, admin: User) -> None:
    page = text_of(browser.get(USERS, {"sort": "role", "q": "acme"}))
    assert re.search(r'aria-sort="ascending"\s*><a href="\?q=acme&sort=-role">Role', page)
    assert 'href="?q=acme&sort=name">Name' in page
    assert '<input type="hidden" name="sort" value="role">' in page


@pytest.mark.parametrize("query", ["page=x", "page=0", "page=-1", "page=99999", "sort=owner", "page=%E5"])
def test_a_typed_address_does_not_break_the_page(browser: Client, query: str) -> None:
    assert browser.get(f"{USERS}?{query}").status_code == 200


def test_role_and_team_narrow_it(
    browser: Client, account: SalesAccount, admin: User, member: User, invite: MakeInvitation
) -> None:
    team = make_team(account)
    team.members.add(member.member)
    invite("north@acme.example", teams=(team,))
    invite("boss@acme.example", role=Role.ADMIN)
    assert emails_on(browser, f"{USERS}?team={team.pk}") == ["north@acme.example", member.email]
    assert emails_on(browser, f"{USERS}?role=admin") == [admin.email, "boss@acme.example"]
    assert emails_on(browser, f"{USERS}?role=admin&state=active") == [admin.email]


def test_a_team_of_another_account_finds_nobody(browser: Client, stranger: User) -> None:
    theirs = stranger.member.account.teams.get()
    assert emails_on(browser, f"{USERS}?team={theirs.pk}") == []


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("sending", {}),
        ("sending", {"mail_begun_at": timedelta(0)}),
        ("not_sent", {"mail_begun_at": -MAIL_TIME_LIMIT - timedelta(seconds=1)}),
        ("not_sent", {"mail_problem": "address_refused"}),
        ("pending", {"sent_at": timedelta(0)}),
        ("expired", {"sent_at": timedelta(0), "expires_at": timedelta(0)}),
        ("revoked", {"revoked_at": timedelta(0), "expires_at": timedelta(0)}),
        ("accepted", {"accepted_at": timedelta(0)}),
    ],
)
def test_the_state_that_is_searched_is_the_state_that_is_shown(
    account: SalesAccount, state: str, fields: dict[str, Any]
) -> None:
    now = timezone.now()
    moments: dict[str, Any] = {
        name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()
    }
    invitation = make_invitation(account, **moments)
    found = [code for code in Invitation.State if Invitation.objects.in_state(code).exists()]
    assert found == [state] == [invitation.state]


class TestTickedLines:
    def test_roles_are_changed_together_and_the_last_admin_stays(
        self, browser: Client, admin: User, member: User, salesforce_admin: User
    ) -> None:
        rows = keys_of(admin.member, member.member, salesforce_admin.member)
        answer = browser.post(f"{USERS}selected/role/", {"rows": rows, "role": "salesforce_admin", "here": "q=acme"})
        assert answer["Location"] == f"{USERS}?q=acme"
        page = text_of(browser.get(USERS))
        assert "2 people are now Salesforce admin." in page
        assert f"{admin.email}: {admin.email} is the last admin" in page
        assert Member.objects.filter(role=Role.SALESFORCE_ADMIN).count() == 2

    def test_a_long_address_to_go_back_to_is_cut(self, browser: Client, member: User) -> None:
        form = {"rows": keys_of(member.member), "role": "salesforce_admin", "here": f"q={'a' * 20_000}"}
        assert f"{member.email} is now" in text_of(browser.post(f"{USERS}selected/role/", form, follow=True))

    def test_members_are_put_into_a_team(
        self, browser: Client, account: SalesAccount, member: User, stranger: User
    ) -> None:
        team = make_team(account)
        rows = keys_of(member.member, stranger.member)
        page = browser.post(f"{USERS}selected/team/", {"rows": rows, "team": team.pk}, follow=True)
        assert "1 person was added to North." in text_of(page)
        assert list(team.members.all()) == [member.member]

    def test_what_an_invitation_leads_to_can_be_changed(
        self, browser: Client, account: SalesAccount, invite: MakeInvitation
    ) -> None:
        """The link in the mail stays good; what was revoked in the meantime stays as it was."""
        team = make_team(account)
        (open_one, token), (revoked, _) = invite("one@acme.example"), invite("two@acme.example")
        Invitation.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
        rows = keys_of(open_one, revoked)
        page = browser.post(f"{USERS}selected/role/", {"rows": rows, "role": "admin"}, follow=True)
        assert "one@acme.example is now Admin." in text_of(page)
        page = browser.post(f"{USERS}selected/team/", {"rows": rows, "team": team.pk}, follow=True)
        assert "1 person was added to North." in text_of(page)
        joined = accepting.accept_as_new_user(token=token, name="One", password=PASSWORD, language="en")
        assert (joined.role, team in joined.teams.all()) == (Role.ADMIN, True)
        revoked.refresh_from_db()
        assert (revoked.role, revoked.teams.count()) == (Role.USER, 0)
        events = AuditEvent.objects.filter(target__in=["one@acme.example", "North"]).values_list("action", flat=True)
        assert {AccountAction.ROLE_CHANGED, AccountAction.TEAM_MEMBERS_ADDED} <= set(events)

    def test_an_invitation_that_was_accepted_meanwhile_is_not_changed(
        self, admin: User, invite: MakeInvitation
    ) -> None:
        invitation, token = invite()
        accepting.accept_as_new_user(token=token, name="New", password=PASSWORD, language="en")
        with pytest.raises(RefusedError, match="in the meantime"):
            services.change_invited_role(invitation=invitation, role=Role.ADMIN, changed_by=admin)

    def test_ticks_that_fit_no_change_stay(self, browser: Client, member: User) -> None:
        key = keys_of(member.member)[0]
        page = text_of(browser.post(f"{USERS}selected/resend/", {"rows": [key]}, follow=True))
        assert "No invitation was ticked" in page
        assert f'value="{key}" checked' in page
        assert f'value="{key}" checked' not in text_of(browser.get(USERS))

    def test_invitations_are_sent_again_and_revoked(
        self,
        browser: Client,
        member: User,
        invite: MakeInvitation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        one, two = invite("one@acme.example")[0], invite("two@acme.example")[0]
        Invitation.objects.filter(pk=one.pk).update(sent_at=None)
        rows = keys_of(one, two, member.member)
        with django_capture_on_commit_callbacks(execute=True):
            page = text_of(browser.post(f"{USERS}selected/resend/", {"rows": rows}, follow=True))
        assert "A new mail to one@acme.example goes out now, or as soon as the day's limit allows" in page
        assert "two@acme.example: This invitation was sent less than a minute ago" in page
        assert len(mail.outbox) == 3
        assert "2 invitations were revoked; their links have stopped working." in text_of(
            browser.post(f"{USERS}selected/revoke/", {"rows": rows}, follow=True)
        )
        assert not Invitation.objects.open().exists()
        assert AuditEvent.objects.filter(action=InvitationAction.REVOKED).count() == 2

    @pytest.mark.parametrize("change", ["resend", "revoke", "role", "team"])
    @pytest.mark.parametrize("rows", [[], ["x1", "m", "i99999999999999999999", "mm"]])
    def test_nothing_ticked_says_what_to_do(
        self, browser: Client, account: SalesAccount, change: str, rows: list[str]
    ) -> None:
        form = {"rows": rows, "role": "user", "team": account.teams.get().pk}
        page = text_of(browser.post(f"{USERS}selected/{change}/", form, follow=True))
        assert "was ticked, or " in page

    @pytest.mark.parametrize("team", ["", "x", "٣", "9" * 5000])
    def test_an_invented_team_is_not_found(self, browser: Client, member: User, team: str) -> None:
        form = {"rows": keys_of(member.member), "team": team}
        assert browser.post(f"{USERS}selected/team/", form).status_code == 404

    def test_lines_of_another_account_cannot_be_changed(
        self, invite: MakeInvitation, member: User, stranger: User, client_of: ClientOf
    ) -> None:
        invitation, _ = invite()
        other = client_of(stranger)
        other.post(f"{USERS}selected/revoke/", {"rows": keys_of(invitation)})
        other.post(f"{USERS}selected/role/", {"rows": keys_of(member.member), "role": "admin"})
        assert Invitation.objects.open().count() == 1
        assert Member.objects.get(user=member).role == Role.USER
