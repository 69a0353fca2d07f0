"""The trail is complete, in order, and cannot be changed without being seen."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Event
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django import Settings
from structlog.testing import capture_logs

from accounts import services
from accounts.audit_actions import AccountAction
from accounts.audit_chain import broken_entries, chain_ends, missing_ends, watch_audit_trail
from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.permissions import Role
from accounts.retention import trim_audit_trail
from common.logs import hide_secrets
from invitations.audit_actions import InvitationAction
from members.audit_actions import MemberAction
from tests.accounts.authenticator import add_second_factor
from tests.factories import PASSWORD, make_invitation, make_member, make_team, with_password
from tests.signing_in import sign_in
from tests.threads import at_once


@pytest.fixture
def trail(account: SalesAccount, admin: User) -> list[AuditEvent]:
    return [
        services.record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target=f"T{n}")
        for n in range(4)
    ]


def tamper(sql: str, *values: int) -> None:
    """What somebody does who may do everything in the database: switch the triggers off first."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET session_replication_role = origin")


class TestChain:
    def test_a_trail_as_it_was_written_is_whole(self, trail: list[AuditEvent], stranger: User) -> None:
        """Security statement 43: the chain can be verified, account by account."""
        services.record(account=stranger.member.account, actor=stranger, action=AccountAction.SIGNED_OUT)
        services.record(account=None, actor=None, action=AccountAction.SIGN_IN_FAILED, target="x@x.example")
        assert broken_entries() == []
        out = StringIO()
        call_command("verify_audit_trail", stdout=out)
        newest = AuditEvent.objects.get(pk=trail[-1].pk)
        assert f"acme-inc: 4 entries, last hash {newest.hash}" in out.getvalue()
        assert "(no account): 1 entries" in out.getvalue()
        assert "The audit trail is whole." in out.getvalue()

    @pytest.mark.parametrize(
        "change",
        [
            "actor_email = 'x@x.example'",
            "action = 'team_removed'",
            "target = 'T9'",
            """details = '{"a": 1}'""",
            "created_at = created_at - interval '1 second'",
            "ip_address = '203.0.113.9'",
            "hash = repeat('0', 64)",
        ],
    )
    def test_a_changed_entry_is_found(self, trail: list[AuditEvent], change: str) -> None:
        """Security statement 43: tamper test."""
        tamper(f"UPDATE accounts_auditevent SET {change} WHERE id = %s", trail[1].pk)  # noqa: S608  of the list above
        assert broken_entries()[0] == trail[1].pk
        with pytest.raises(CommandError, match=str(trail[1].pk)):
            call_command("verify_audit_trail", stdout=StringIO())

    def test_an_entry_taken_out_is_found(self, trail: list[AuditEvent]) -> None:
        """Security statement 43: the entry behind it no longer follows; at the end the last hash differs."""
        end = chain_ends()
        tamper("DELETE FROM accounts_auditevent WHERE id = %s", trail[1].pk)
        assert broken_entries() == [trail[2].pk]
        tamper("DELETE FROM accounts_auditevent WHERE id >= %s", trail[1].pk)
        assert broken_entries() == []
        assert chain_ends() != end

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE accounts_auditevent SET target = ''",
            "DELETE FROM accounts_auditevent",
            "TRUNCATE accounts_auditevent",
            "TRUNCATE accounts_salesaccount CASCADE",
        ],
    )
    def test_entries_are_only_ever_added(self, trail: list[AuditEvent], sql: str) -> None:
        """Security statement 43: append-only, whatever code of ours does."""
        with connection.cursor() as cursor:
            # Nothing is truncated in whose transaction checks are still to come.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert AuditEvent.objects.count() == 4

    @pytest.mark.parametrize("kept", [0, 2])
    def test_a_chain_whose_end_was_taken_away_is_found(self, trail: list[AuditEvent], kept: int) -> None:
        """Security statement 43: also all of it, though what is left, or nothing, is a whole chain."""
        services.record(account=None, actor=None, action=AccountAction.SIGN_IN_FAILED, target="x@x.example")
        with capture_logs() as log:
            watch_audit_trail()
        ends = [hide_secrets(None, "info", line) for line in log if line["event"] == "audit_chain_end"]
        assert [(line["account"], line["entries"]) for line in ends] == [("", 1), ("acme-inc", 4)]
        assert ends[1]["last_hash"] == AuditEvent.objects.get(pk=trail[-1].pk).hash
        services.record(account=trail[0].account, actor=None, action=AccountAction.SIGNED_OUT)
        assert missing_ends() == []
        tamper("DELETE FROM accounts_auditevent WHERE account_id IS NOT NULL AND id >= %s", trail[kept].pk)
        assert broken_entries() == []
        assert [(one.slug, one.entries) for one in missing_ends()] == [("acme-inc", 4)]
        with pytest.raises(CommandError, match="taken away from the end"):
            call_command("verify_audit_trail", stdout=StringIO(), stderr=StringIO())
        watch_audit_trail()
        assert Occurrence.objects.get().event == AUDIT_CHAIN_BROKEN.key

    def test_what_goes_with_its_time_is_not_missed(self, trail: list[AuditEvent], settings: Settings) -> None:
        watch_audit_trail()
        settings.AUDIT_DAYS = -1
        trim_audit_trail()
        assert (missing_ends(), broken_entries()) == ([], [])

    def test_an_end_that_was_taken_away_is_not_excused_by_a_later_trim(
        self, trail: list[AuditEvent], settings: Settings
    ) -> None:
        """Security statement 43: what goes with its time says how far it goes; the chains of others are noted."""
        services.record(account=None, actor=None, action=AccountAction.SIGN_IN_FAILED, target="x@x.example")
        watch_audit_trail()
        tamper("DELETE FROM accounts_auditevent WHERE account_id IS NOT NULL AND id >= %s", trail[2].pk)
        settings.AUDIT_DAYS = -1
        trim_audit_trail()
        assert [one.slug for one in missing_ends()] == ["acme-inc"]
        with capture_logs() as log:
            watch_audit_trail()
        assert Occurrence.objects.going_on().get().subject == "acme-inc"
        assert [line["account"] for line in log if line["event"] == "audit_chain_end"] == [""]

    def test_a_deleted_user_leaves_the_entries(self, account: SalesAccount, member: User) -> None:
        services.record(account=account, actor=member, action=AccountAction.SIGNED_OUT)
        member.delete()
        assert AuditEvent.objects.get().actor_email == "seller@acme.example"
        assert broken_entries() == []

    @pytest.mark.django_db(transaction=True)
    def test_entries_written_at_once_follow_one_another(self, account: SalesAccount, admin: User) -> None:
        def write(number: int) -> None:
            for turn in range(5):
                services.record(
                    account=account, actor=admin, action=AccountAction.TEAM_CREATED, target=f"{number}.{turn}"
                )

        at_once(8, write)
        assert AuditEvent.objects.count() == 40
        assert broken_entries() == []


@pytest.mark.django_db(transaction=True)
def test_whoever_holds_the_account_waits_for_no_entry_that_waits_for_them(account: SalesAccount, admin: User) -> None:
    """A change under the account's lock, and an entry that refers to the account: each needs what the other holds."""
    begun, written = Event(), Event()

    def change() -> None:
        try:
            with transaction.atomic():
                services.lock_account(account)
                begun.set()
                assert written.wait(10)
                services.record(account=account, actor=admin, action=AccountAction.TEAM_CREATED, target="North")
        finally:
            connection.close()

    def sign_out() -> None:
        try:
            assert begun.wait(10)
            with transaction.atomic():
                services.record(account=account, actor=admin, action=AccountAction.SIGNED_OUT)
                written.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(change), threads.submit(sign_out)]:
            done.result()
    assert AuditEvent.objects.count() == 2


class TestEverySecurityActionHasAnEntry:
    """Security statement 43: each done through its page; who, when (UTC), from where and by which request."""

    @pytest.fixture
    def browser(self, admin: User) -> Client:
        browser = Client()
        sign_in(browser, with_password(admin).email)
        return browser

    def entry(self, admin: User, action: str) -> AuditEvent:
        event = AuditEvent.objects.filter(action=action).latest("pk")
        assert (event.actor, event.actor_email, event.account) == (admin, admin.email, admin.member.account)
        assert event.ip_address == "127.0.0.1"
        assert UUID(event.request_id)
        assert event.created_at.tzname() == "UTC"
        return event

    @pytest.mark.parametrize(
        ("address", "form", "action"),
        [
            ("admin/teams/", {"name": "South"}, AccountAction.TEAM_CREATED),
            ("admin/teams/{team}/rename/", {"name": "West"}, AccountAction.TEAM_RENAMED),
            ("admin/teams/{team}/add/", {"members": "{member}"}, AccountAction.TEAM_MEMBERS_ADDED),
            ("admin/teams/{team}/remove/", {"members": "{inside}"}, AccountAction.TEAM_MEMBERS_REMOVED),
            ("admin/teams/{team}/delete/", {}, AccountAction.TEAM_REMOVED),
            ("admin/users/selected/role/", {"rows": "m{member}", "role": "admin"}, AccountAction.ROLE_CHANGED),
            ("admin/users/{member}/remove/", {"receiver": "{admin}"}, MemberAction.REMOVED),
            (
                "admin/users/invite/",
                {"emails": "x@acme.example", "role": "user", "language": "en"},
                InvitationAction.CREATED,
            ),
            ("admin/users/selected/resend/", {"rows": "i{invitation}"}, InvitationAction.RESENT),
            ("admin/users/selected/revoke/", {"rows": "i{invitation}"}, InvitationAction.REVOKED),
            ("profile/", {"name": "Nora", "language": "sv", "time_zone": "UTC"}, AccountAction.PROFILE_CHANGED),
        ],
    )
    def test_changes(
        self,
        browser: Client,
        account: SalesAccount,
        admin: User,
        member: User,
        address: str,
        form: dict[str, str],
        action: str,
    ) -> None:
        team = make_team(account)
        inside = make_member(account, "inside@acme.example", Role.USER)
        team.members.add(inside)
        invitation = make_invitation(account)
        names = {
            "team": team.pk,
            "member": member.member.pk,
            "inside": inside.pk,
            "admin": admin.member.pk,
            "invitation": invitation.pk,
        }
        filled = {name: value.format(**names) for name, value in form.items()}
        assert browser.post(f"/settings/{address.format(**names)}", filled).status_code < 400
        self.entry(admin, action)

    def test_before_and_after(self, browser: Client, admin: User, member: User) -> None:
        browser.post("/settings/admin/users/selected/role/", {"rows": f"m{member.member.pk}", "role": "admin"})
        assert self.entry(admin, AccountAction.ROLE_CHANGED).details == {"before": "user", "after": "admin"}
        browser.post("/settings/profile/", {"name": "Nora", "language": "sv", "time_zone": "UTC"})
        details = self.entry(admin, AccountAction.PROFILE_CHANGED).details
        assert (details["before"]["name"], details["after"]["name"]) == ("", "Nora")

    def test_signing_in_and_out(self, browser: Client, admin: User) -> None:
        assert self.entry(admin, AccountAction.SIGNED_IN).details == {"methods": ["password"]}
        browser.get("/settings/admin/audit/export/")
        self.entry(admin, AccountAction.AUDIT_EXPORTED)
        browser.post("/accounts/logout/")
        self.entry(admin, AccountAction.SIGNED_OUT)

    def test_the_password(self, browser: Client, admin: User) -> None:
        new = {"oldpassword": PASSWORD, "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}
        browser.post("/accounts/password/change/", new)
        assert "Passw0rd" not in str(self.entry(admin, AccountAction.PASSWORD_CHANGED).details)

    @pytest.mark.django_db(transaction=True)
    def test_the_second_factor(self, browser: Client, admin: User, settings: Settings) -> None:
        settings.MFA_TOTP_TOLERANCE = 1
        add_second_factor(browser)
        browser.post("/accounts/2fa/recovery-codes/generate/")
        self.entry(admin, AccountAction.SECOND_FACTOR_ADDED)
        self.entry(admin, AccountAction.RECOVERY_CODES_MADE)
        other = Client()
        sign_in(other, admin.email)
        other.post("/accounts/2fa/authenticate/", {"code": "000000"})
        self.entry(admin, AccountAction.SECOND_FACTOR_FAILED)
        browser.post("/accounts/2fa/totp/deactivate/")
        self.entry(admin, AccountAction.SECOND_FACTOR_REMOVED)

    def test_ending_other_sessions(self, browser: Client, admin: User) -> None:
        sign_in(Client(), admin.email)
        browser.post("/accounts/sessions/")
        assert self.entry(admin, AccountAction.SESSIONS_ENDED).details == {"number": 1}


@pytest.mark.django_db(transaction=True)
def test_the_trail_of_another_account_is_not_locked(account: SalesAccount, stranger: User) -> None:
    """Somebody's transaction that holds the end of one trail keeps nobody from writing into another."""

    def write() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            services.record(account=stranger.member.account, actor=stranger, action=AccountAction.SIGNED_OUT)
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        services.record(account=account, actor=None, action=AccountAction.SIGNED_OUT)
        threads.submit(write).result()
    assert {end.slug: end.entries for end in chain_ends()} == {"acme-inc": 1, "umbrella-ltd": 1}
