"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled


def _expires(details: Details) -> Message:
    what = ngettext(
        "The API token {token}… expires in {days} day. The program that uses it will read nothing more.",
        "The API token {token}… expires in {days} days. The program that uses it will read nothing more.",
        details["days"],
    )
    return Message(
        filled(what, details),
        gettext("Make a new token, give it to the program, and revoke the old one."),
        gettext("An Admin of the Sales account. For a token of all accounts: its owner, named on the page Operators"),
    )


TOKEN_EXPIRES = declare(
    Event(
        "api.token_expires",
        label=_("An API token that is used is about to expire"),
        describe=_expires,
        permission=Permission.MANAGE_API_TOKENS,
        example={"token": "Grafana msi_api_3f9c", "days": 7},
        ends=_("when it is revoked or has expired"),
        over=_("The API token was revoked or has expired."),
        is_for_operators=True,
    )
)
