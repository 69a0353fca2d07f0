"""The mail of this room: a connection has stopped working for good. Its link starts with SITE_URL."""

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from common.mail import send_mail
from connections.messages import problem_for
from connections.models import MarketoConnection, SalesforceConnection


def send_reconnect_needed(connection: MarketoConnection | SalesforceConnection, problem: str) -> None:
    """Tell the person who connected, in their language, why the connection ended and where to connect again."""
    service, owner, page = _described(connection)
    context = {
        "service": service,
        "account": connection.account,
        "problem": problem_for(problem),
        "link": settings.SITE_URL.rstrip("/") + reverse(page),
    }
    send_mail("connections/mail/reconnect", to=owner.email, language=owner.language, context=context)


def _described(connection: MarketoConnection | SalesforceConnection) -> tuple[str, User, str]:
    """The provider's name, who connected, and the name of the page where to connect."""
    if isinstance(connection, MarketoConnection):
        return "Marketo", connection.owner, "connections:marketo"
    page = "connections:own_salesforce" if connection.member_id else "connections:salesforce"
    return "Salesforce", connection.connected_by, page
