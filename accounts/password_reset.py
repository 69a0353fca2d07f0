"""Forgotten passwords: the mail is made and sent in the background, so that neither answer nor time tells who is known.

A mail server that refuses an address, or is slow, would tell it as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.account.forms import ResetPasswordForm
from allauth.core.context import request_context
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from accounts.models import Member, User
from common import mail_limits
from common.queues import priority_after

# Mails to one company in a minute that go before those to others.
FEW = 3


class OurSite(HttpRequest):
    """A request from which allauth makes links to the console's own address, whatever the visitor's claimed."""

    def get_host(self) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def build_absolute_uri(self, location: str | None = None) -> str:
        return settings.SITE_URL + (location or "/")


@dataclass(frozen=True)
class Waiting:
    """A mail that is counted in the limits of the day, and lets others go first."""

    counted: list[str]
    priority: int


def send_password_reset(*, email: str, language: str, client: str = "", counted: Sequence[str] = ()) -> Waiting | None:
    """
    Mail the link to whoever has this address, within the limits of the day for the address and for the visitor's
    network, which a message of 1.1.0 does not name; unless others go first: a visitor who asks for many people of one
    company keeps nobody else's mail waiting. What was `counted` then is sent. Raises OSError when the mail server takes
    none.
    """
    request = OurSite()
    with translation.override(language), request_context(request):
        form = ResetPasswordForm({"email": email})
        if not form.is_valid() or not form.users:
            return None
        if counted:
            # It stays counted where it fails, and is tried again with this.
            form.save(request)
            return None
        sender = mail_limits.client(client) if client else None
        taken = mail_limits.acquire(scope=mail_limits.VISITORS, email=email, sender=sender)
        if not taken:
            return None
        # Only mails that leave: whoever asks for addresses that nobody has would make a company's own ones wait.
        before = mail_limits.before_in_this_minute(_company_of(form.users[0]))
        if priority := priority_after(before, FEW):
            return Waiting(taken, priority)
        _send(form, request, taken)
    return None


def _company_of(user: User) -> str:
    """Their Sales account, which may have people of many domains; the domain of whoever is in none."""
    member = Member.objects.filter(user=user).first()
    return str(member.account_id) if member else user.email.rpartition("@")[2].lower()


def _send(form: ResetPasswordForm, request: HttpRequest, taken: list[str]) -> None:
    try:
        form.save(request)
    except OSError:
        mail_limits.release(taken)
        raise
