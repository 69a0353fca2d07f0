"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences

MAIL_FAILED = declare(
    Event(
        "invitations.mail_failed",
        label=_("The mail of an invitation cannot be delivered"),
        describe=sentences(
            what=_("The mail server refused the mail of an invitation. The invited person has not received it."),
            todo=_("Open User Management: it says which invitations these are, and why."),
            who=_("An Admin of the Sales account"),
        ),
        permission=Permission.MANAGE_USERS,
        ends=_("when no open invitation is without its mail"),
        over=_("Every open invitation has its mail."),
    )
)
