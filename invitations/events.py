"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, sentences
from invitations.models import Invitation
from problems.problem import OPERATOR

_of_an_address = sentences(
    what=_("The mail server refused the address of an invitation. The invited person has not received it."),
    todo=_("Open User Management: it says which invitations these are, and why."),
    who=_("An Admin of the Sales account"),
)
_of_the_server = sentences(
    what=_("The mail server did not take the mail of an invitation. The invited person has not received it."),
    todo=_(
        "It is sent again automatically. Superusers press Send a test mail on the page Operators: it shows what the "
        "mail server answers."
    ),
    who=OPERATOR,
)
_ADDRESS_PROBLEMS = {Invitation.MailProblem.ADDRESS_REFUSED, Invitation.MailProblem.ADDRESS_UNUSABLE}


def _failed(details: Details) -> Message:
    return (_of_an_address if details.get("problem") in _ADDRESS_PROBLEMS else _of_the_server)(details)


MAIL_FAILED = declare(
    Event(
        "invitations.mail_failed",
        label=_("The mail of an invitation cannot be delivered"),
        describe=_failed,
        permission=Permission.MANAGE_USERS,
        example={"problem": "not_delivered"},
        ends=_("when no open invitation is without its mail"),
        over=_("Every open invitation has its mail."),
    )
)
