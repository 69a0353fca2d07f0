"""Mails, as text and HTML."""

import smtplib
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import User
from common.mail import UnmailableAddress, is_for_good, send_mail
from notifications.models import Trouble
from notifications.senders.taking import Envelope, NotTaken


def send_to(user: User, envelope: Envelope, settings_url: str) -> None:
    """In the language that is active, which is the reader's. Raises NotTaken."""
    context = {
        "lines": envelope.tellings,
        "first": envelope.tellings[0],
        "is_test": envelope.is_test,
        "link": envelope.tellings[0].url,
        "settings_url": settings_url,
    }
    host = urlsplit(settings.SITE_URL).hostname
    headers = {"Message-ID": f"<{envelope.message_id}@{host}>"}
    try:
        send_mail("notifications/mail/told", to=user.email, language=user.language, context=context, headers=headers)
    except UnmailableAddress:
        raise NotTaken(Trouble.ADDRESS_REFUSED, is_final=True) from None
    except smtplib.SMTPRecipientsRefused as refused:
        raise NotTaken(Trouble.ADDRESS_REFUSED, is_final=is_for_good(refused)) from None
    except OSError:  # smtplib's errors and the network's
        raise NotTaken(Trouble.MAIL_SERVER) from None
