"""Mails are limited by admin, address and domain; what is beyond waits for the next day and says so."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import TestCase
from pytest_django import Settings

from accounts.models import SalesAccount, User
from accounts.services import RefusedError
from common import mail_limits
from invitations import delivery, services, tasks
from invitations.emails import MailError
from invitations.models import LIFETIME, Invitation
from tests.conftest import ClientOf, RefuseMails
from tests.invitations.conftest import last_mail
from tests.invitations.user_management import USERS
from tests.pages import text_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def invite(account: SalesAccount, admin: User, *emails: str) -> None:
    new = [services.NewInvitation(email) for email in emails]
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.invite(account=account, invited_by=admin, addresses=new)


def states() -> list[str]:
    return [str(invitation.state) for invitation in Invitation.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("limit", "emails"),
    [
        ("MAILS_PER_ADMIN", ["a@one.example", "b@two.example", "c@three.example"]),
        ("MAILS_PER_DOMAIN", ["a@one.example", "b@one.example", "c@one.example"]),
    ],
)
def test_mails_beyond_the_limit_wait_for_the_next_day(
    account: SalesAccount, admin: User, settings: Settings, client_of: ClientOf, limit: str, emails: list[str]
) -> None:
    """Security statement 27: by admin and by domain; nothing is lost, and User Management says when it goes out."""
    setattr(settings, limit, 2)
    with time_machine.travel(NOON):
        invite(account, admin, *emails)
        assert states() == ["pending", "pending", "waiting"]
        page = text_of(client_of(admin).get(f"{USERS}?state=waiting"))
        assert emails[2] in page
        assert emails[0] not in page
        assert "It goes out after 3 Mar 2026, 00:00" in page
        tasks.send_overdue_invitations()
        assert len(mail.outbox) == 2
    with time_machine.travel(NOON + timedelta(days=1)):
        tasks.send_overdue_invitations()
        assert states() == ["pending"] * 3
        assert last_mail().to == [emails[2]]
        assert Invitation.objects.get(email=emails[2]).expires_at > NOON + LIFETIME


def test_an_address_is_not_flooded_by_resending(account: SalesAccount, admin: User, settings: Settings) -> None:
    """Security statement 27: by address, however many admins of the account want it."""
    settings.MAILS_PER_ADDRESS = 3
    invite(account, admin, "new@acme.example")
    for _ in range(4):
        Invitation.objects.filter(sent_at__isnull=False).update(sent_at=NOON)
        with TestCase.captureOnCommitCallbacks(execute=True):
            services.resend(invitation=Invitation.objects.get(), resent_by=admin)
    assert len(mail.outbox) == 3
    assert states() == ["waiting"]


def test_ten_thousand_people_are_mailed_over_days(account: SalesAccount, admin: User, settings: Settings) -> None:
    """Security statement 27: of a long file as many go out as the limit allows, the rest waits."""
    settings.MAILS_PER_ADMIN = 5
    settings.SEATS_PER_ACCOUNT = 50
    invite(account, admin, *(f"p{number}@d{number}.example" for number in range(40)))
    assert (states().count("pending"), states().count("waiting")) == (5, 35)


def test_asking_a_member_for_a_step_is_limited_too(
    account: SalesAccount, admin: User, salesforce_admin: User, settings: Settings
) -> None:
    settings.MAILS_PER_ADDRESS = 1
    ask = {"account": account, "email": salesforce_admin.email, "step": 2, "invited_by": admin}
    services.ask_salesforce_admin(**ask)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="Ask again tomorrow"):
        services.ask_salesforce_admin(**ask)  # type: ignore[arg-type]


def test_a_mail_that_did_not_leave_does_not_count(
    account: SalesAccount,
    admin: User,
    settings: Settings,
    refuse_mails: RefuseMails,
) -> None:
    settings.MAILS_PER_ADDRESS = 1
    new = services.NewInvitation("new@acme.example")
    [invitation] = services.invite(account=account, invited_by=admin, addresses=[new]).sent
    refuse_mails(ConnectionRefusedError())
    for _ in range(3):
        with pytest.raises(MailError):
            delivery.deliver(invitation.pk)
        Invitation.objects.update(send_after=None)
    refuse_mails(None)
    delivery.deliver(invitation.pk)
    assert states() == ["pending"]


def test_what_is_refused_is_not_counted(settings: Settings, account: SalesAccount, admin: User) -> None:
    settings.MAILS_PER_DOMAIN = 1
    assert mail_limits.acquire(scope=account.slug, sender=mail_limits.admin(admin.pk), email="a@one.example")
    assert not mail_limits.acquire(scope=account.slug, sender=mail_limits.admin(admin.pk), email="b@one.example")
    settings.MAILS_PER_DOMAIN = 2
    assert mail_limits.acquire(scope=account.slug, sender=mail_limits.admin(admin.pk), email="b@one.example")


def test_a_mail_of_yesterday_is_not_given_back_to_today(settings: Settings, account: SalesAccount) -> None:
    settings.MAILS_PER_ADDRESS = 1
    with time_machine.travel(NOON):
        yesterday = mail_limits.acquire(scope=account.slug, email="a@one.example")
    with time_machine.travel(NOON + timedelta(days=1)):
        assert mail_limits.acquire(scope=account.slug, email="a@one.example")
        mail_limits.release(yesterday)
        assert not mail_limits.acquire(scope=account.slug, email="a@one.example")


@pytest.mark.parametrize("limit", ["MAILS_PER_ADDRESS", "MAILS_PER_DOMAIN"])
def test_one_account_does_not_hold_back_the_mails_of_another(
    account: SalesAccount, admin: User, stranger: User, settings: Settings, limit: str
) -> None:
    setattr(settings, limit, 1)
    invite(account, admin, "new@one.example")
    invite(stranger.member.account, stranger, "new@one.example")
    assert states() == ["pending", "pending"]
