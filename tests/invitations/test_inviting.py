"""Whom an admin can invite, and what becomes of an invitation before it is accepted."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from invitations import accepting, services, tasks
from invitations.audit_actions import InvitationAction
from invitations.models import Invitation
from invitations.services import NewInvitation
from tests.conftest import ClientOf
from tests.factories import make_member, make_team
from tests.invitations.conftest import MakeInvitation, token_in_last_mail
from tests.threads import at_once


def reasons(account: SalesAccount, admin: User, *emails: str) -> list[str]:
    addresses = [NewInvitation(email) for email in emails]
    outcome = services.invite(account=account, invited_by=admin, addresses=addresses)
    return [skipped.reason for skipped in outcome.skipped]


def test_each_address_gets_one_mail(
    account: SalesAccount, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    addresses = [NewInvitation(f"new{number}@acme.example") for number in range(3)]
    with django_capture_on_commit_callbacks(execute=True):
        outcome = services.invite(account=account, invited_by=admin, addresses=addresses)
        assert not mail.outbox
    assert len(outcome.sent) == 3
    assert sorted(message.to[0] for message in mail.outbox) == [new.email for new in addresses]
    assert {invitation.state for invitation in Invitation.objects.all()} == {"pending"}


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_keeps_nobody_from_being_invited(
    account: SalesAccount, admin: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mails leave later, as overdue ones; whoever invited sees what became of the form."""

    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(tasks.send_invitation, "apply_async", away)
    form = {"emails": "one@acme.example, two@acme.example", "role": "user", "language": "en"}
    page = client_of(admin).post("/settings/admin/users/invite/", form, follow=True)
    assert page.status_code == 200
    assert Invitation.objects.filter(sent_at=None).count() == 2


def test_members_and_invited_people_are_skipped(account: SalesAccount, admin: User, member: User) -> None:
    assert reasons(account, admin, "a@acme.example", member.email, "a@acme.example") == [
        "This person is already a member of the Sales account.",
        "This person is already invited. Press Resend in User Management to send the mail again.",
    ]


def test_an_address_of_another_account_is_invited_like_an_unknown_one(
    account: SalesAccount, admin: User, stranger: User, client_of: ClientOf
) -> None:
    """Security statement 26: no answer to an admin tells who is a customer elsewhere."""
    pages = []
    for email in (stranger.email, "nobody@umbrella.example"):
        page = client_of(admin).post(
            "/settings/admin/users/invite/", {"emails": email, "role": "user", "language": "en"}, follow=True
        )
        pages.append(re.sub(r'value="\w{64}"', "", page.content.decode()).replace(email, "…"))
    assert pages[0] == pages[1]
    assert set(Invitation.objects.values_list("email", flat=True)) == {stranger.email, "nobody@umbrella.example"}


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_is_taken_once(account: SalesAccount, admin: User, settings: Settings) -> None:
    """Two admins invite at the same moment while one seat is left."""
    settings.SEATS_PER_ACCOUNT = 2

    def invite_one(number: int) -> int:
        new = NewInvitation(f"new{number}@acme.example")
        return len(services.invite(account=account, invited_by=admin, addresses=[new]).sent)

    assert sorted(at_once(4, invite_one)) == [0, 0, 0, 1]
    assert Invitation.objects.count() == 1


def test_open_invitations_hold_seats(account: SalesAccount, admin: User, settings: Settings) -> None:
    emails = [f"new{number}@acme.example" for number in range(settings.SEATS_PER_ACCOUNT)]
    assert reasons(account, admin, *emails) == [
        "All 100 seats are taken. Revoke an open invitation or remove a member first."
    ]
    Invitation.objects.filter(email=emails[0]).update(revoked_at=timezone.now())
    assert not reasons(account, admin, emails[-1])


def test_an_expired_address_can_be_invited_again(account: SalesAccount, admin: User, invite: MakeInvitation) -> None:
    old, _ = invite()
    Invitation.objects.update(expires_at=timezone.now())
    assert not reasons(account, admin, old.email)
    old.refresh_from_db()
    assert old.state == "revoked"


def test_inviting_costs_the_same_queries_for_skipped_addresses(
    account: SalesAccount, admin: User, django_assert_max_num_queries: object
) -> None:
    emails = [admin.email] * 500
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert len(reasons(account, admin, *emails)) == 500


def test_resend_replaces_the_link(
    invite: MakeInvitation, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Pain 29 and Security statement 22: a new token, also after the old one has expired; the old link is dead."""
    invitation, old_token = invite()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1), expires_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        services.resend(invitation=invitation, resent_by=admin)
    with pytest.raises(accepting.NotOpenError):
        accepting.find_open(old_token)
    assert accepting.find_open(token_in_last_mail()) == invitation


def test_resend_needs_a_pause(invite: MakeInvitation, admin: User) -> None:
    invitation, _ = invite()
    with pytest.raises(RefusedError, match="less than a minute ago"):
        services.resend(invitation=invitation, resent_by=admin)


def test_revoke_ends_the_link_once(invite: MakeInvitation, admin: User) -> None:
    """Security statement 22: also when it is pressed twice."""
    invitation, token = invite()
    services.revoke(invitation=invitation, revoked_by=admin)
    with pytest.raises(accepting.NotOpenError):
        accepting.find_open(token)
    for change in (
        lambda: services.revoke(invitation=invitation, revoked_by=admin),
        lambda: services.resend(invitation=invitation, resent_by=admin),
    ):
        with pytest.raises(RefusedError, match="in the meantime"):
            change()


def test_every_change_leaves_an_audit_event(invite: MakeInvitation, admin: User) -> None:
    invitation, token = invite(role=Role.ADMIN)
    Invitation.objects.update(sent_at=None)
    services.resend(invitation=invitation, resent_by=admin)
    services.revoke(invitation=invitation, revoked_by=admin)
    events = AuditEvent.objects.order_by("pk")
    assert [event.action for event in events] == [
        InvitationAction.CREATED,
        InvitationAction.RESENT,
        InvitationAction.REVOKED,
    ]
    assert {(event.actor, event.target) for event in events} == {(admin, invitation.email)}
    assert token not in str(list(events.values()))


def test_teams_of_another_account_are_dropped(
    account: SalesAccount, admin: User, stranger: User, invite: MakeInvitation
) -> None:
    ours = make_team(account)
    theirs = make_team(stranger.member.account, "South")
    invitation, _ = invite(teams=(ours, theirs))
    assert list(invitation.teams.all()) == [ours]


class TestAskSalesforceAdmin:
    def test_a_stranger_is_invited_with_the_step(
        self, account: SalesAccount, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            invitation = services.ask_salesforce_admin(
                account=account, email="CRM@acme.example", step=6, invited_by=admin
            )
        assert invitation
        assert (invitation.email, invitation.role) == ("crm@acme.example", Role.SALESFORCE_ADMIN)
        assert "Steps 6 and 7: install or upgrade the MSI package" in mail.outbox[0].body
        assert admin.email in mail.outbox[0].body

    def test_a_member_with_the_role_gets_the_link(
        self,
        account: SalesAccount,
        admin: User,
        salesforce_admin: User,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            asked = services.ask_salesforce_admin(
                account=account, email=salesforce_admin.email, step=2, invited_by=admin
            )
        assert asked is None
        assert "/#step-2" in mail.outbox[0].body
        assert not Invitation.objects.exists()

    def test_a_plain_user_needs_the_role_first(self, account: SalesAccount, admin: User, member: User) -> None:
        with pytest.raises(RefusedError, match="Change the role to Salesforce admin"):
            services.ask_salesforce_admin(account=account, email=member.email, step=7, invited_by=admin)

    def test_an_invited_user_needs_the_role_first(
        self, account: SalesAccount, admin: User, invite: MakeInvitation
    ) -> None:
        """Their link opens no step of the guide; with another role the same invitation asks."""
        invitation, _ = invite(email="crm@acme.example", role=Role.USER)
        with pytest.raises(RefusedError, match="Change the role to Salesforce admin in User Management, then ask"):
            services.ask_salesforce_admin(account=account, email="crm@acme.example", step=6, invited_by=admin)
        Invitation.objects.update(role=Role.SALESFORCE_ADMIN, sent_at=None)
        services.ask_salesforce_admin(account=account, email="crm@acme.example", step=6, invited_by=admin)
        invitation.refresh_from_db()
        assert (invitation.purpose, invitation.step) == (Invitation.Purpose.SALESFORCE_STEPS, 6)

    def test_asked_again_the_open_invitation_is_used(self, account: SalesAccount, admin: User) -> None:
        first, second = (
            services.ask_salesforce_admin(account=account, email="crm@acme.example", step=step, invited_by=admin)
            for step in (2, 7)
        )
        assert first
        assert first == second
        assert Invitation.objects.get().step == 7

    def test_an_invited_admin_is_told_the_step_and_by_whom(
        self,
        account: SalesAccount,
        admin: User,
        invite: MakeInvitation,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        """The sign-in of an Admin shows everything."""
        invite(email="crm@acme.example", role=Role.ADMIN)
        Invitation.objects.update(sent_at=None)
        other = make_member(account, "second@acme.example", Role.ADMIN).user
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            services.ask_salesforce_admin(account=account, email="crm@acme.example", step=6, invited_by=other)
        invitation, body = Invitation.objects.get(), mail.outbox[0].body
        assert (invitation.purpose, invitation.role) == (Invitation.Purpose.USER, Role.ADMIN)
        assert "Steps 6 and 7: install or upgrade the MSI package" in body
        assert other.email in body
        assert admin.email not in body
        assert "nothing else" not in body

    def test_whoever_was_asked_and_becomes_an_admin_is_promised_no_less(
        self, account: SalesAccount, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        asked = services.ask_salesforce_admin(account=account, email="crm@acme.example", step=6, invited_by=admin)
        assert asked
        services.change_invited_role(invitation=asked, role=Role.ADMIN, changed_by=admin)
        with django_capture_on_commit_callbacks(execute=True):
            services.resend(invitation=asked, resent_by=admin)
        assert "Steps 6 and 7: install or upgrade the MSI package" in mail.outbox[-1].body
        assert "nothing else" not in mail.outbox[-1].body
