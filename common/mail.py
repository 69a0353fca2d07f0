"""Sending a mail that stands in templates."""

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from prometheus_client import Counter

from common.addresses import AddressError, mail_form

MAILS = Counter(
    "msi_mails_total",
    "Mails for the mail server: sent, refused for the address, or failed for the server.",
    ["outcome"],
)
# Told as 0 from the start: a figure that is not there yet is no 0 for monitoring, and its first count no rise.
for _outcome in ("sent", "refused", "failed"):
    MAILS.labels(_outcome)


class UnmailableAddress(smtplib.SMTPRecipientsRefused):
    """Refused as a mail server would (553, RFC 5321): an address to which no mail can be made."""

    def __init__(self, email: str) -> None:
        super().__init__({email: (553, b"Mailbox name not allowed")})


def is_for_good(refused: smtplib.SMTPRecipientsRefused) -> bool:
    """Reply codes of 500 or more: trying again helps nothing (RFC 5321, 4.2.1)."""
    return all(code >= 500 for code, _ in refused.recipients.values())


def receiver(email: str) -> str:
    """The address as a mail server is told it. Raises UnmailableAddress."""
    try:
        return mail_form(email)
    except AddressError:
        raise UnmailableAddress(email) from None


@contextmanager
def counted_mail() -> Iterator[None]:
    """Count for monitoring how the mail ends that is sent inside."""
    outcome = "failed"
    try:
        yield
        outcome = "sent"
    except smtplib.SMTPRecipientsRefused:
        outcome = "refused"
        raise
    finally:
        MAILS.labels(outcome).inc()


def send_mail(
    template: str, *, to: str, language: str, context: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> None:
    """
    Send the mail of the templates `{template}_subject.txt`, `{template}.txt` and `{template}.html`.

    Raises smtplib's errors and OSError when the mail server does not take it.
    """
    with counted_mail(), translation.override(language):
        mail = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
            body=render_to_string(f"{template}.txt", context),
            to=[receiver(to)],
            headers={"Content-Language": language, "Auto-Submitted": "auto-generated", **(headers or {})},
        )
        mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
        mail.send()
