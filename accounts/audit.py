"""The audit trail in words."""

from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, Role

# What the person did; `target` and the details of the entry fill the gaps.
SENTENCES = {
    "audit_exported": _("Exported the audit trail"),
    "invitation_accepted": _("Joined the Sales account as %(role)s"),
    "invitation_created": _("Invited %(target)s as %(role)s"),
    "invitation_resent": _("Sent the invitation to %(target)s again"),
    "invitation_revoked": _("Revoked the invitation to %(target)s"),
    "marketo.access_granted": _("Let %(target)s use the connection to Marketo in the workspace %(workspace)s"),
    "marketo.access_removed": _("Took the use of the connection to Marketo away from %(target)s"),
    "marketo.connected": _("Connected the Sales account to Marketo (%(target)s)"),
    "marketo.disconnected": _("Disconnected the Sales account from Marketo (%(target)s)"),
    "marketo.instance_registered": _("Registered the Marketo instance %(target)s"),
    "marketo.taken_over": _("Took over the connection to Marketo (%(target)s) from %(owner_was)s"),
    "marketo_secret_shown": _("Looked at the credentials for Marketo"),
    "member_removed": _("Removed %(target)s from the Sales account; %(receiver)s received what they owned"),
    "package.item_ticked": _("Ticked off the item %(target)s of the Salesforce package"),
    "package.item_unticked": _("Took back the tick of the item %(target)s of the Salesforce package"),
    "password_changed": _("Changed their own password"),
    "profile_changed": _("Changed their own profile"),
    "role_changed": _("Changed the role of %(target)s from %(before)s to %(after)s"),
    "salesforce.connected": _("Connected the Sales account to Salesforce (%(target)s)"),
    "salesforce.disconnected": _("Disconnected the Sales account from Salesforce (%(target)s)"),
    "salesforce.own_connected": _("Connected their own user to Salesforce (%(target)s)"),
    "salesforce.own_disconnected": _("Disconnected their own user from Salesforce (%(target)s)"),
    "step_asked": _("Asked %(target)s to do step %(step)s of the Setup guide"),
    "sync.cancelled": _("Cancelled the data sync %(target)s"),
    "sync.paused": _("Paused the data sync %(target)s"),
    "sync.resumed": _("Resumed the data sync %(target)s"),
    "sync.started": _("Started the data sync %(target)s"),
    "team_created": _("Created the team %(target)s"),
    "team_members_added": _("Added %(members)s to the team %(target)s"),
    "team_members_removed": _("Took %(members)s out of the team %(target)s"),
    "team_removed": _("Removed the team %(target)s"),
    "team_renamed": _("Renamed the team %(target)s to %(name)s"),
}


def sentence_of(event: AuditEvent) -> str:
    """What the person did, in the language of the reader."""
    values = defaultdict(str, {name: _in_words(value) for name, value in event.details.items()}, target=event.target)
    # An entry of an older version may have an action that is recorded no longer.
    return str(SENTENCES.get(event.action, event.action)) % values


def action_choices() -> list[tuple[str, str]]:
    """Every action, by its sentence without names."""
    gaps: defaultdict[str, str] = defaultdict(lambda: "…")
    choices = [(action, str(sentence) % gaps) for action, sentence in SENTENCES.items()]
    return sorted(choices, key=lambda choice: choice[1])


def _in_words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(Role(value).label) if value in Role.values else str(value)
