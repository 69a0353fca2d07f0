"""The mails of this room. Links start with SITE_URL."""

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from common.mail import send_mail
from common.throttling import hit, take_back


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
