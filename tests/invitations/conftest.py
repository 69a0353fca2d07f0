"""Invitations whose mails have been sent, and the links in them."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from devtools.personas import MARKETO_ADMIN, PASSWORD
from invitations import services, tasks
from invitations.models import Invitation
from sandbox.testing import SandboxProcess
from tests.factories import make_member, with_password
from tests.salesforce_login import log_in_at_salesforce
from tests.sign_in.salesforce_browser import AtSalesforce

LINK = re.compile(r"https?://[^/\s]+(/invitations/([\w-]+)/)")
MakeInvitation = Callable[..., tuple[Invitation, str]]


@pytest.fixture(autouse=True)
def _tasks_of_this_room_run_at_once(tasks_run_at_once: None) -> None:
    """Every test of this room wants it."""


def last_mail() -> EmailMultiAlternatives:
    message = mail.outbox[-1]
    assert isinstance(message, EmailMultiAlternatives)
    return message


def token_in_last_mail() -> str:
    found = LINK.search(str(last_mail().body))
    assert found, last_mail().body
    return found[2]


def url_of(token: str) -> str:
    return f"/invitations/{token}/"


@pytest.fixture
def invite(account: SalesAccount, admin: User) -> MakeInvitation:
    """Invite one address and mail it: the invitation and the token from the mail."""

    def make(email: str = "new@acme.example", **fields: object) -> tuple[Invitation, str]:
        new = services.NewInvitation(email, **fields)  # type: ignore[arg-type]
        invitation = services.invite(account=account, invited_by=admin, addresses=[new]).sent[0]
        tasks.send_invitation(invitation.pk)
        invitation.refresh_from_db()
        return invitation, token_in_last_mail()

    return make


@pytest.fixture
def at_salesforce(sandbox: SandboxProcess) -> AtSalesforce:
    """Log in as a Salesforce user, answer the consent page, and give the address the browser is sent back to."""

    def visit(url: str, username: str = MARKETO_ADMIN, *, decision: str = "allow") -> str:
        return log_in_at_salesforce(sandbox, url, (username, PASSWORD), decision=decision)

    return visit


@pytest.fixture
def mia(account: SalesAccount) -> User:
    """An admin whose address is that of a user in Salesforce."""
    return with_password(make_member(account, MARKETO_ADMIN, Role.ADMIN).user)
