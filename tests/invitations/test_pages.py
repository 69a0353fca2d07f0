"""User Management and the two ways to invite, as an admin sees them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Role, SalesAccount, User
from connections.models import MarketoConnection
from invitations import services, tasks
from invitations.models import CsvUpload, Invitation
from tests.conftest import PASSWORD, ClientOf, make_member
from tests.invitations.conftest import MakeInvitation

USERS = "/settings/admin/users/"
INVITE = f"{USERS}invite/"
UPLOAD = f"{USERS}invite-csv/"


@pytest.fixture
def browser(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def text_of(page: object) -> str:
    return re.sub(r"\s+", " ", page.content.decode())  # type: ignore[attr-defined]


def upload(browser: Client, data: str, name: str = "people.csv") -> CsvUpload:
    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile(name, data.encode())})
    assert answer.status_code == 302, text_of(answer)
    kept = CsvUpload.objects.get()
    assert answer["Location"] == f"{UPLOAD}{kept.pk}/"
    return kept


class TestAccess:
    @pytest.fixture
    def addresses(self, account: SalesAccount, admin: User, invite: MakeInvitation) -> dict[str, str]:
        """Every address of this room for admins, with the method it takes."""
        invitation, _ = invite()
        kept = CsvUpload.objects.create(account=account, uploaded_by=admin, text="a@b.example")
        return {
            USERS: "get",
            INVITE: "get",
            UPLOAD: "get",
            f"{UPLOAD}{kept.pk}/": "get",
            f"{UPLOAD}template/": "get",
            f"{USERS}{admin.member.pk}/role/": "post",
            f"{USERS}{admin.member.pk}/remove/": "post",
            f"{USERS}invitations/{invitation.pk}/resend/": "post",
            f"{USERS}invitations/{invitation.pk}/revoke/": "post",
        }

    def test_anonymous_people_sign_in_first(self, addresses: dict[str, str], client: Client) -> None:
        for address, method in addresses.items():
            answer = getattr(client, method)(address)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")

    def test_people_without_an_account_find_nothing(
        self, addresses: dict[str, str], ops: User, client_of: ClientOf
    ) -> None:
        assert {getattr(client_of(ops), method)(path).status_code for path, method in addresses.items()} == {404}

    def test_strangers_find_no_row_of_ours(
        self, addresses: dict[str, str], stranger: User, client_of: ClientOf
    ) -> None:
        with_key = {address: method for address, method in addresses.items() if re.search(r"/\d+/", address)}
        assert len(with_key) == 5
        assert {getattr(client_of(stranger), method)(path).status_code for path, method in with_key.items()} == {404}
        assert "new@acme.example" not in text_of(client_of(stranger).get(USERS))

    def test_members_without_the_role_are_refused(
        self, addresses: dict[str, str], member: User, salesforce_admin: User, client_of: ClientOf
    ) -> None:
        for person in (member, salesforce_admin):
            browser = client_of(person)
            assert {getattr(browser, method)(path).status_code for path, method in addresses.items()} == {403}

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
        assert "3 of 100 seats taken" in page
        for email in (admin.email, member.email, "new@acme.example"):
            assert email in page
        assert page.count('name="role"') == 2

    def test_search_and_state_narrow_it(self, browser: Client, member: User, invite: MakeInvitation) -> None:
        invitation, _ = invite()
        pending = text_of(browser.get(USERS, {"state": "pending"}))
        assert invitation.email in pending
        assert member.email not in pending
        found = text_of(browser.get(USERS, {"q": "SELLER"}))
        assert member.email in found
        assert invitation.email not in found
        assert "Nobody matches" in text_of(browser.get(USERS, {"q": "\0nobody"}))

    def test_the_same_queries_for_many_people(self, account: SalesAccount, browser: Client, admin: User) -> None:
        def visit() -> int:
            with CaptureQueriesContext(connection) as queries:
                browser.get(USERS)
            return len(queries)

        services.invite(account=account, invited_by=admin, addresses=[services.NewInvitation("0@acme.example")])
        before = visit()
        addresses = [services.NewInvitation(f"{number}@acme.example") for number in range(1, 60)]
        services.invite(account=account, invited_by=admin, addresses=addresses)
        assert visit() == before
        assert "Page 2 of 2" in text_of(browser.get(USERS, {"page": "2"}))

    def test_a_role_is_changed(self, browser: Client, member: User) -> None:
        page = browser.post(f"{USERS}{member.member.pk}/role/", {"role": "admin"}, follow=True)
        assert "is now Admin." in text_of(page)
        member.member.refresh_from_db()
        assert member.member.role == Role.ADMIN

    def test_an_invented_role_is_refused(self, browser: Client, member: User) -> None:
        page = browser.post(f"{USERS}{member.member.pk}/role/", {"role": "owner"}, follow=True)
        assert "This role does not exist" in text_of(page)

    def test_the_last_admin_stays(self, browser: Client, admin: User) -> None:
        page = browser.post(f"{USERS}{admin.member.pk}/role/", {"role": "user"}, follow=True)
        assert "is the last admin of this Sales account" in text_of(page)

    def test_an_old_sign_in_must_give_the_password_again(self, member: User, admin: User, client: Client) -> None:
        admin.set_password(PASSWORD)
        admin.save()
        change = f"{USERS}{member.member.pk}/role/"
        client.post("/accounts/login/", {"login": admin.email, "password": PASSWORD})
        assert client.post(change, {"role": "admin"})["Location"] == USERS
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            confirm = client.post(change, {"role": "user"})["Location"]
            assert confirm.startswith("/accounts/reauthenticate/")
            answer = client.post(confirm, {"password": PASSWORD})
        assert answer["Location"] == USERS
        member.member.refresh_from_db()
        assert member.member.role == Role.USER

    def test_a_removed_member_is_out_at_once(self, browser: Client, member: User, client_of: ClientOf) -> None:
        seller = client_of(member)
        assert seller.get(USERS).status_code == 403
        page = browser.post(f"{USERS}{member.member.pk}/remove/", follow=True)
        assert "was removed from the Sales account" in text_of(page)
        assert seller.get(USERS).status_code == 404

    def test_the_original_user_stays(self, browser: Client, admin: User) -> None:
        page = browser.post(f"{USERS}{admin.member.pk}/remove/", follow=True)
        assert "is the original user of this Sales account" in text_of(page)

    def test_the_owner_of_the_marketo_connection_stays(
        self, browser: Client, account: SalesAccount, member: User
    ) -> None:
        MarketoConnection.objects.create(account=account, owner=member, munchkin_id="1", endpoint="https://x.example")
        page = browser.post(f"{USERS}{member.member.pk}/remove/", follow=True)
        assert "owns the connection to Marketo" in text_of(page)

    def test_resend_and_revoke(
        self,
        browser: Client,
        invite: MakeInvitation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        invitation, _ = invite()
        again = f"{USERS}invitations/{invitation.pk}/resend/"
        assert "less than a minute ago" in text_of(browser.post(again, follow=True))
        Invitation.objects.update(sent_at=None)
        with django_capture_on_commit_callbacks(execute=True):
            assert "A new mail is on its way" in text_of(browser.post(again, follow=True))
        assert len(mail.outbox) == 2
        page = browser.post(f"{USERS}invitations/{invitation.pk}/revoke/", follow=True)
        assert "its link has stopped working" in text_of(page)
        assert invitation.email in text_of(browser.get(USERS, {"state": "revoked"}))


class TestInviteUsers:
    def test_addresses_in_any_notation(self, browser: Client, account: SalesAccount) -> None:
        team = account.teams.create(name="North")
        emails = 'a@acme.example; B@acme.example,\n"Ek, Nora" <nora@acme.example>\n\na@acme.example'
        answer = browser.post(INVITE, {"emails": emails, "role": "admin", "teams": [team.pk]})
        page = text_of(answer)
        assert "3 invitations are on their way" in page
        assert ">OK</a>" in page
        found = Invitation.objects.order_by("pk")
        assert [(new.email, new.name, new.role) for new in found] == [
            ("a@acme.example", "", "admin"),
            ("b@acme.example", "", "admin"),
            ("nora@acme.example", "Ek, Nora", "admin"),
        ]
        assert all(list(new.teams.all()) == [team] for new in found)

    def test_one_bad_address_stops_all_and_loses_nothing(self, browser: Client) -> None:
        answer = browser.post(INVITE, {"emails": "good@acme.example, bad@", "role": "admin"})
        assert answer.status_code == 400
        page = text_of(answer)
        assert "“bad@” is not an e-mail address" in page
        assert "good@acme.example, bad@" in page
        assert '<option value="admin" selected>' in page
        assert not Invitation.objects.exists()

    def test_skipped_people_are_listed(self, browser: Client, member: User) -> None:
        page = text_of(browser.post(INVITE, {"emails": f"{member.email}, x@acme.example", "role": "user"}))
        assert "1 invitation is on its way" in page
        assert "already a member of the Sales account" in page

    def test_a_team_of_another_account_cannot_be_chosen(self, browser: Client, stranger: User) -> None:
        theirs = stranger.member.account.teams.create(name="South")
        form = {"emails": "x@acme.example", "role": "user", "teams": [theirs.pk]}
        assert browser.post(INVITE, form).status_code == 400

    def test_the_default_is_a_user_in_the_default_workspace(self, browser: Client) -> None:
        page = text_of(browser.get(INVITE))
        assert '<option value="user" selected>' in page
        assert '<option value="default" selected>Default</option>' in page


class TestInviteUsersViaCsv:
    DATA = "Epost;Förnamn;Roll\nåsa@acme.example;Åsa;\nper@acme.example;Per;admin\nwrong;;\n"

    def test_from_the_file_to_the_mails(
        self, browser: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        kept = upload(browser, self.DATA.replace("åsa@", "asa@"))
        mapping = text_of(browser.get(f"{UPLOAD}{kept.pk}/"))
        assert "2 people can be invited. 1 row is skipped" in mapping
        assert '<td class="num">4</td>' in mapping
        with django_capture_on_commit_callbacks(execute=True):
            page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", {"email": "0", "first_name": "1", "role": "2"}))
            assert not mail.outbox
        assert "2 invitations are on their way" in page
        assert "Line 4" in page
        assert sorted(message.to[0] for message in mail.outbox) == ["asa@acme.example", "per@acme.example"]
        assert Invitation.objects.get(email="per@acme.example").role == Role.ADMIN
        assert not CsvUpload.objects.exists()

    def test_another_mapping_is_checked_before_anything_is_sent(self, browser: Client) -> None:
        kept = upload(browser, "a@acme.example,b@acme.example\n")
        page = text_of(browser.post(f"{UPLOAD}{kept.pk}/", {"email": "1", "check": "1"}))
        assert "1 person can be invited" in page
        assert '<option value="1" selected>Column 2</option>' in page
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("name", "data", "sentence"),
        [
            ("people.csv", b"name\nPer\n", "No column of this file holds e-mail addresses"),
            ("people.xlsx", b"a@b.example", "Choose a file whose name ends in .csv or .txt"),
            ("people.csv", b"PK\x03\x04\x00", "This is not a text file"),
            ("people.csv", b"a@b.example," * 500_000, "bigger than 5 MB"),
        ],
    )
    def test_a_file_that_cannot_be_used(self, browser: Client, name: str, data: bytes, sentence: str) -> None:
        answer = browser.post(UPLOAD, {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 400
        assert sentence in text_of(answer)
        assert not CsvUpload.objects.exists()

    def test_cells_are_shown_as_text(self, browser: Client) -> None:
        kept = upload(browser, "a@acme.example,<script>alert(1)</script>\n")
        page = text_of(browser.get(f"{UPLOAD}{kept.pk}/"))
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_a_column_that_does_not_exist_is_refused(self, browser: Client) -> None:
        kept = upload(browser, "a@acme.example\n")
        assert browser.post(f"{UPLOAD}{kept.pk}/", {"email": "7"}).status_code == 400

    def test_one_file_per_person_and_a_day(self, browser: Client) -> None:
        upload(browser, "a@acme.example\n")
        kept = upload(browser, "b@acme.example\n")
        CsvUpload.objects.update(created_at=timezone.now() - timedelta(days=1))
        assert browser.get(f"{UPLOAD}{kept.pk}/").status_code == 404
        tasks.delete_outdated_uploads()
        assert not CsvUpload.objects.exists()

    def test_the_template_has_a_name_of_ours(self, browser: Client) -> None:
        answer = browser.get(f"{UPLOAD}template/")
        assert answer["Content-Disposition"] == 'attachment; filename="sales-account-users.csv"'
        assert answer.content.decode("utf-8-sig") == "E-mail,First name,Last name,Team,Role\r\n"
