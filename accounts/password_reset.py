"""Forgotten passwords: the mail is made and sent in the background, so that neither answer nor time tells who is known.

A mail server that refuses an address, or is slow, would tell it as well.
"""

from urllib.parse import urlsplit

from allauth.account.forms import ResetPasswordForm
from allauth.core.context import request_context
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from common import mail_limits


class OurSite(HttpRequest):
    """A request from which allauth makes links to the console's own address, whatever the visitor's claimed."""

    def get_host(self) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def build_absolute_uri(self, location: str | None = None) -> str:
        return settings.SITE_URL + (location or "/")


def send_password_reset(*, email: str, language: str, client: str = "") -> None:
    """
    Mail the link to whoever has this address, within the limits of the day for the address and for the visitor's
    network, which a message of 1.1.0 does not name. Raises OSError when the mail server takes none.
    """
    request = OurSite()
    with translation.override(language), request_context(request):
        form = ResetPasswordForm({"email": email})
        if not form.is_valid() or not form.users:
            return
        sender = mail_limits.client(client) if client else None
        taken = mail_limits.acquire(scope=mail_limits.VISITORS, email=email, sender=sender)
        if taken:
            _send(form, request, taken)


def _send(form: ResetPasswordForm, request: HttpRequest, taken: list[str]) -> None:
    try:
        form.save(request)
    except OSError:
        mail_limits.release(taken)
        raise
