"""The mail of this room: somebody's own connection has stopped working for good. Its link starts with SITE_URL."""

from django.conf import settings
from django.urls import reverse

from common.mail import send_mail
from connections.models import SalesforceConnection
from problems.messages import problem_for


def send_reconnect_needed(connection: SalesforceConnection, problem: str) -> None:
    """Tell the person whose own connection it is, in their language, why it ended and where to connect again."""
    owner = connection.connected_by
    context = {
        "service": "Salesforce",
        "account": connection.account,
        "problem": problem_for(problem),
        "link": settings.SITE_URL.rstrip("/") + reverse("connections:own_salesforce"),
    }
    send_mail("connections/mail/reconnect", to=owner.email, language=owner.language, context=context)
