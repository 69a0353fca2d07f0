"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled, sentences


def _new_admin(details: Details) -> Message:
    if details.get("admins", 1) > 1:
        what = gettext("{admins} people became Admins of the Sales account.")
    elif "concerned" in details:
        what = gettext("{concerned} became an Admin of the Sales account.")
    else:
        what = gettext("Somebody became an Admin of the Sales account.")
    return Message(
        filled(what, details),
        gettext("If it was a mistake, change the role back in User Management. The audit trail tells who did it."),
        gettext("An Admin of the Sales account"),
    )


NEW_ADMIN = declare(
    Event(
        "accounts.new_admin",
        label=_("Somebody becomes an Admin"),
        describe=_new_admin,
        permission=Permission.MANAGE_USERS,
        names_concerned=True,
    )
)
AUDIT_CHAIN_BROKEN = declare(
    Event(
        "accounts.audit_chain_broken",
        label=_("The audit trail was changed"),
        describe=sentences(
            what=_("Entries of the audit trail were changed or removed in the database: {entries}."),
            todo=_("Find out who has access to the database. Run verify_audit_trail to see which entries they are."),
            who=_("The operator of this console"),
        ),
        permission=Permission.READ_AUDIT_TRAIL,
        example={"entries": 1},
        ends=_("when every entry is again as it was written"),
        over=_("The audit trail is whole again."),
        is_urgent=True,
        is_for_operators=True,
    )
)
