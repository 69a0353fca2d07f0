"""What happens in this room that somebody must be told of."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences

NEW_ADMIN = declare(
    Event(
        "accounts.new_admin",
        label=_("Somebody becomes an Admin"),
        describe=sentences(
            what=_("Somebody became an Admin of the Sales account."),
            todo=_("Check in User Management who it is. If it was a mistake, change the role back."),
            who=_("An Admin of the Sales account"),
        ),
        permission=Permission.MANAGE_USERS,
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
