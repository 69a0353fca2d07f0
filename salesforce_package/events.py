"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences

ITEMS_BROKEN = declare(
    Event(
        "salesforce_package.items_broken",
        label=_("Something of the Salesforce package that was in order is broken"),
        describe=sentences(
            what=_("Items of the Salesforce package that are no longer in order: {items}."),
            todo=_("Open the page Salesforce package: it says what is missing, and what to do."),
            who=_("A Salesforce admin of your company"),
        ),
        permission=Permission.CONFIGURE_PACKAGE,
        example={"items": 2},
        ends=_("when they are in order again"),
        over=_("What was broken of the Salesforce package is in order again."),
    )
)
