"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled, sentences
from problems.problem import SALESFORCE_ADMIN
from salesforce_package.items.checklist import ITEMS

# The rest is on the page.
MOST_NAMED = 5


def _broken(details: Details) -> Message:
    what = filled(gettext("Items of the Salesforce package that are no longer in order: {items}."), details)
    # Of an older version nothing but their number was recorded.
    titles = [str(ITEMS[key].title) for key in details.get("keys", ()) if key in ITEMS]
    return Message(
        f"{what} {' · '.join(titles[:MOST_NAMED])}".strip(),
        gettext("Open the page Salesforce package: it says what is missing, and what to do."),
        str(SALESFORCE_ADMIN),
    )


STEPS_DONE = declare(
    Event(
        "salesforce_package.steps_done",
        label=_("The steps in Salesforce for which you asked are done"),
        describe=sentences(
            what=_("Steps 6 and 7, for which you asked, are done: the Salesforce package is installed and configured."),
            todo=_("Nothing has to be done."),
            who="",
        ),
        permission=Permission.ASK_SALESFORCE_ADMIN,
        is_personal=True,
    )
)
ITEMS_BROKEN = declare(
    Event(
        "salesforce_package.items_broken",
        label=_("Something in the Salesforce package has broken"),
        describe=_broken,
        permission=Permission.CONFIGURE_PACKAGE,
        example={"items": 2, "keys": ["soap_site", "lead_layout"]},
        ends=_("when it is in order again, or the Sales account moves to another org"),
        over=_("What was broken of the Salesforce package is in order again, or the Sales account has left that org."),
    )
)
