"""The mails of this room. Links start with SITE_URL."""

from enum import StrEnum

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.mail import send_mail
from common.throttling import hit, take_back


class SignInChange(StrEnum):
    """What somebody, or whoever has found their browser open, changed of how they sign in."""

    PASSWORD = "password"  # noqa: S105  a code
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES = "recovery_codes"
    SALESFORCE_LINKED = "salesforce_linked"


CHANGES = {
    SignInChange.PASSWORD: _("Your password was changed."),
    SignInChange.SECOND_FACTOR_ADDED: _("An authenticator app was added as your second factor."),
    SignInChange.SECOND_FACTOR_REMOVED: _("Your second factor was removed."),
    SignInChange.RECOVERY_CODES: _("New recovery codes were made. The earlier ones no longer work."),
    SignInChange.SALESFORCE_LINKED: _("Your user was linked to a Salesforce user, who can now log in as you."),
}


def send_sign_in_changed(user: User, change: SignInChange) -> None:
    """Tell somebody what was changed of how they sign in, and what to do if it was not them. Raises OSError."""
    context = {"user": user, "change": CHANGES[change], "link": settings.SITE_URL + reverse("account_reset_password")}
    send_mail("accounts/mail/sign_in_changed", to=user.email, language=user.language, context=context)


def send_guessed(email: str) -> None:
    """
    Tell whoever has this address, once a day, that many wrong passwords were tried for it. Raises smtplib's errors and
    OSError when the mail server does not take it.
    """
    user = User.objects.with_email(email)
    told = f"guesses-told:{user.pk}" if user else ""
    if not user or hit(told, seconds=24 * 60 * 60) > 1:
        return
    try:
        context = {"user": user, "link": settings.SITE_URL + reverse("mfa_index")}
        send_mail("accounts/mail/guessed", to=user.email, language=user.language, context=context)
    except OSError:
        take_back(told)
        raise


def send_second_factors_reset(user: User) -> None:
    """Tell somebody that their second factors were taken away, and what to do now. Raises OSError."""
    context = {"user": user, "link": settings.SITE_URL + reverse("account_reset_password")}
    send_mail("accounts/mail/second_factors_reset", to=user.email, language=user.language, context=context)
