"""What happens in this room that somebody must be told of; the key is from before this room."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences

OWN_ENDED = declare(
    Event(
        "connections.own_salesforce_ended",
        label=_("Your own connection to Salesforce ends, because the Sales account moves to another org"),
        describe=sentences(
            what=_("The Sales account has moved to {new_org}, so your own connection to {org} has ended."),
            todo=_("Press Connect on Settings > My Account > Salesforce, and log in to the new org."),
            who=_("You"),
        ),
        permission=Permission.CONNECT_OWN_SALESFORCE,
        example={"org": "Acme Inc", "new_org": "Acme Inc (2027)"},
        is_personal=True,
    )
)
