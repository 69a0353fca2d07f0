"""Sending a mail that stands in templates."""

from collections.abc import Mapping

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def send_mail(template: str, *, to: str, language: str, context: Mapping[str, object]) -> None:
    """
    Send the mail of the templates `{template}_subject.txt`, `{template}.txt` and `{template}.html`.

    Raises smtplib's errors and OSError when the mail server does not take it.
    """
    with translation.override(language):
        mail = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
            body=render_to_string(f"{template}.txt", context),
            to=[to],
            headers={"Content-Language": language, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    mail.send()
