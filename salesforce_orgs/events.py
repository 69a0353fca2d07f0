"""What happens in this room that somebody must be told of; the key is from before this room."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences

MOVE_WAITS = declare(
    Event(
        "connections.org_move_waits",
        label=_("A move to another Salesforce org waits for a decision"),
        describe=sentences(
            what=_("Somebody has logged in to {new_org}, which is another org than {org}. Nothing has changed yet."),
            todo=_("Open the page Move to another org and decide within a day. It shows what happens to everything."),
            who=_("An Admin of the Sales account"),
        ),
        permission=Permission.DECIDE_RUNS,
        example={"org": "Acme Inc", "new_org": "Acme Inc (2027)"},
        ends=_("when somebody has decided, or nobody has within a day"),
        over=_("The move to another Salesforce org no longer waits for a decision."),
    )
)
