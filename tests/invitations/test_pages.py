"""User Management and the two ways to invite, as an admin sees them."""

from datetime import timedelta

import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from invitations import services
from invitations.models import Invitation
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_member, make_team, with_password
from tests.invitations.conftest import MakeInvitation
from tests.invitations.user_management import INVITE, ROLE, UPLOAD, USERS, keys_of, upload
from tests.pages import text_of
from tests.signing_in import sign_in


def row_of(row: Member | Invitation, **fields: str) -> dict[str, str]:
    """What the forms in the line of a member or an invitation send, on a page that was searched for."""
    return {"rows": keys_of(row)[0], "here": "q=acme", **fields}


class TestAccess:
    def test_strangers_find_no_row_of_ours(self, invite: MakeInvitation, stranger: User, client_of: ClientOf) -> None:
        """Security statement 34: two tenants, and no line of one in the list of the other."""
        invite()
        assert "new@acme.example" not in text_of(client_of(stranger).get(USERS))

    def test_a_file_is_seen_by_its_uploader_only(
        self, account: SalesAccount, browser: Client, client_of: ClientOf
    ) -> None:
        kept = upload(browser, "a@b.example")
        other = make_member(account, "second@acme.example", Role.ADMIN).user
        assert client_of(other).get(f"{UPLOAD}{kept.pk}/").status_code == 404

    def test_a_changed_role_counts_at_once(self, browser: Client, admin: User) -> None:
        admin.member.role = Role.USER
        admin.member.save()
        assert browser.get(USERS).status_code == 403


class TestUserManagement:
    def test_members_and_invitations_are_in_one_table(
        self, browser: Client, admin: User, member: User, invite: MakeInvitation
    ) -> None:
        invite()
        page = text_of(browser.get(USERS))
        assert "Actions" in page
        assert "Invite Users via CSV" in page
        assert "3 of 100 seats" in page
        for email in (admin.email, member.email, "new@acme.example"):
            assert email in page
        assert page.count('aria-label="Role of ') == 3

    def test_search_and_state_narrow_it(self, browser: Client, member: User, invite: MakeInvitation) -> None:
        invitation, _ = invite()
        pending = text_of(browser.get(USERS, {"state": "pending"}))
        assert invitation.email in pending
        assert member.email not in pending
        found = text_of(browser.get(USERS, {"q": "SELLER"}))
        assert member.email in found
        assert invitation.email not in found
        assert "Nobody matches" in text_of(browser.get(USERS, {"q": "nobody"}))

    def test_the_same_queries_for_many_people(self, account: SalesAccount, browser: Client, admin: User) -> None:
        def visit() -> int:
            with CaptureQueriesContext(connection) as queries:
                browser.get(USERS)
            return len(queries)

        services.invite(account=account, invited_by=admin, addresses=[services.NewInvitation("x@acme.example")])
        visit()  # a new session is saved once
        before = visit()
        addresses = [services.NewInvitation(f"x{number}@acme.example") for number in range(60)]
        services.invite(account=account, invited_by=admin, addresses=addresses)
        assert visit() == before

    def test_a_role_is_changed(self, browser: Client, member: User) -> None:
        page = browser.post(ROLE, row_of(member.member, role="admin"), follow=True)
        assert "is now Admin." in text_of(page)
        member.member.refresh_from_db()
        assert member.member.role == Role.ADMIN

    def test_an_invented_role_is_refused(self, browser: Client, member: User) -> None:
        page = browser.post(ROLE, row_of(member.member, role="owner"), follow=True)
        assert "This role does not exist" in text_of(page)

    def test_the_last_admin_stays(self, browser: Client, admin: User) -> None:
        page = browser.post(ROLE, row_of(admin.member, role="user"), follow=True)
        assert "is the last admin of this Sales account" in text_of(page)

    def test_an_old_sign_in_must_give_the_password_again(self, member: User, admin: User, client: Client) -> None:
        sign_in(client, with_password(admin).email)
        assert client.post(ROLE, row_of(member.member, role="admin"))["Location"] == f"{USERS}?q=acme"
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            confirm = client.post(ROLE, row_of(member.member, role="user"))["Location"]
            assert confirm.startswith("/accounts/reauthenticate/")
            answer = client.post(confirm, {"password": PASSWORD})
        assert answer["Location"] == f"{USERS}?q=acme"
        member.member.refresh_from_db()
        assert member.member.role == Role.USER

    def test_resend_and_revoke(
        self,
        browser: Client,
        invite: MakeInvitation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        invitation, _ = invite()
        row = row_of(invitation)
        assert "less than a minute ago" in text_of(browser.post(f"{USERS}selected/resend/", row, follow=True))
        Invitation.objects.update(sent_at=None)
        with django_capture_on_commit_callbacks(execute=True):
            page = text_of(browser.post(f"{USERS}selected/resend/", row, follow=True))
        assert "A new mail to new@acme.example goes out now, or as soon as the day's limit allows" in page
        assert len(mail.outbox) == 2
        page = text_of(browser.post(f"{USERS}selected/revoke/", row, follow=True))
        assert "The invitation to new@acme.example was revoked; its link has stopped working." in page
        assert invitation.email in text_of(browser.get(USERS, {"state": "revoked"}))


class TestInviteUsers:
    def test_addresses_in_any_notation(self, browser: Client, account: SalesAccount) -> None:
        team = make_team(account)
        emails = 'a@acme.example; B@acme.example,\n"Ek, Nora" <nora@acme.example>\n\na@acme.example'
        page = text_of(
            browser.post(INVITE, {"emails": emails, "role": "admin", "language": "en", "teams": [team.pk]}, follow=True)
        )
        assert "3 people were invited" in page
        assert ">OK</a>" in page
        found = Invitation.objects.order_by("pk")
        assert [(new.email, new.name, new.role) for new in found] == [
            ("a@acme.example", "", "admin"),
            ("b@acme.example", "", "admin"),
            ("nora@acme.example", "Ek, Nora", "admin"),
        ]
        assert all(list(new.teams.all()) == [team] for new in found)

    def test_one_bad_address_stops_all_and_loses_nothing(self, browser: Client) -> None:
        answer = browser.post(INVITE, {"emails": "good@acme.example, bad@", "role": "admin", "language": "en"})
        assert answer.status_code == 400
        page = text_of(answer)
        assert "“bad@” is not an email address" in page
        assert "good@acme.example, bad@" in page
        assert '<option value="admin" selected>' in page
        assert not Invitation.objects.exists()

    def test_a_preview_sends_nothing(self, browser: Client, account: SalesAccount, member: User) -> None:
        team = make_team(account)
        form = {
            "emails": f"{member.email}, x@acme.example",
            "role": "admin",
            "language": "en",
            "teams": [team.pk],
            "preview": "1",
        }
        page = text_of(browser.post(INVITE, form))
        assert "Is invited with the role Admin into: Everyone, North" in page
        assert "already a member of the Sales account" in page
        assert f"{member.email}, x@acme.example</textarea>" in page
        assert not Invitation.objects.exists()

    def test_skipped_people_are_listed(self, browser: Client, member: User) -> None:
        form = {"emails": f"{member.email}, x@acme.example", "role": "user", "language": "en"}
        page = text_of(browser.post(INVITE, form, follow=True))
        assert "1 person was invited" in page
        assert "already a member of the Sales account" in page

    def test_the_outcome_can_be_loaded_again(self, browser: Client) -> None:
        """Reloading shows the same and invites nobody; without an outcome there is only the list."""
        assert browser.get(f"{USERS}invited/")["Location"] == USERS
        outcome = browser.post(INVITE, {"emails": "x@acme.example", "role": "user", "language": "en"})["Location"]
        assert [text_of(browser.get(outcome)).count('x@acme.example <span class="fact">User<') for _ in range(2)] == [
            1,
            1,
        ]
        assert Invitation.objects.count() == 1

    def test_a_team_of_another_account_cannot_be_chosen(self, browser: Client, stranger: User) -> None:
        theirs = make_team(stranger.member.account, "South")
        form = {"emails": "x@acme.example", "role": "user", "language": "en", "teams": [theirs.pk]}
        assert browser.post(INVITE, form).status_code == 400

    def test_the_default_is_a_user_in_the_default_workspace(self, browser: Client) -> None:
        page = text_of(browser.get(INVITE))
        assert '<option value="user" selected>' in page
        assert '<option value="default" selected>Default</option>' in page

    def test_the_language_of_the_mail_can_be_chosen(self, browser: Client, admin: User) -> None:
        User.objects.filter(pk=admin.pk).update(language="sv")
        assert '<option value="sv" selected>' in text_of(browser.get(INVITE))
        browser.post(INVITE, {"emails": "x@acme.example", "role": "user", "language": "en"})
        assert Invitation.objects.get().language == "en"
