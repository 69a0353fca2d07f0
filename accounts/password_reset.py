"""Forgotten passwords: the mail is made and sent in the background, so that neither answer nor time tells who is known.

A mail server that refuses an address, or is slow, would tell it as well.
"""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm
from allauth.core.context import request_context
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from accounts import tasks
from common.address_fields import KnownAddressField


class AskForReset(ResetPasswordForm):  # type: ignore[misc]
    """What a visitor sends; nobody is looked for while they wait."""

    email = KnownAddressField(required=True, widget=ResetPasswordForm.base_fields["email"].widget)

    def clean_email(self) -> str:
        return str(get_adapter().clean_email(self.cleaned_data["email"]))

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        tasks.send_password_reset.delay(email, translation.get_language())
        return email


class OurSite(HttpRequest):
    """A request from which allauth makes links to the console's own address, whatever the visitor's claimed."""

    def get_host(self) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def build_absolute_uri(self, location: str | None = None) -> str:
        return settings.SITE_URL + (location or "/")


def send_password_reset(*, email: str, language: str) -> None:
    """Mail the link to whoever has this address, or that nobody has. Raises OSError when the mail server takes none."""
    request = OurSite()
    with translation.override(language), request_context(request):
        form = ResetPasswordForm({"email": email})
        if form.is_valid():
            form.save(request)
