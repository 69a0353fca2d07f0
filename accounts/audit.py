"""The audit trail in words."""

from collections import defaultdict
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, LoginPolicy
from accounts.permissions import Role

# Values of details that a person should read in words; the last ones are allauth's names of ways to sign in.
LABELS = (
    dict(Role.choices)
    | dict(LoginPolicy.choices)
    | {
        "password": _("password"),
        "socialaccount": _("Salesforce"),
        "mfa": _("second factor"),
        "totp": _("authenticator app"),
        "recovery_codes": _("recovery codes"),
    }
)
# The details whose values are such names; a team may be called "all" and keeps its name.
NAMED = {"role", "before", "after", "methods", "kind"}
# What the person did; `target` and the details of the entry fill the gaps.
SENTENCES = {
    "audit_exported": _("Exported the audit trail"),
    "help_link.made": _("Made a link that asks somebody outside the Sales account for help (%(target)s)"),
    "invitation_accepted": _("Joined the Sales account as %(role)s"),
    "invitation_created": _("Invited %(target)s as %(role)s"),
    "invitation_resent": _("Sent the invitation to %(target)s again"),
    "invitation_revoked": _("Revoked the invitation to %(target)s"),
    "login_policy_changed": _("Changed how members sign in from “%(before)s” to “%(after)s”"),
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
    "password_refused": _("Tried to sign in with a password, which the Sales account does not allow"),
    "profile_changed": _("Changed their own profile"),
    "recovery_codes_made": _("Made new recovery codes for signing in"),
    "role_changed": _("Changed the role of %(target)s from %(before)s to %(after)s"),
    "salesforce.connected": _("Connected the Sales account to Salesforce (%(target)s)"),
    "salesforce.disconnected": _("Disconnected the Sales account from Salesforce (%(target)s)"),
    "salesforce.own_connected": _("Connected their own user to Salesforce (%(target)s)"),
    "salesforce.own_disconnected": _("Disconnected their own user from Salesforce (%(target)s)"),
    "salesforce_sign_in.linked": _("Linked their Salesforce user (%(salesforce_user)s) for signing in"),
    "salesforce_sign_in.unlinked": _("Removed the link to their Salesforce user for signing in"),
    "second_factor_added": _("Added a second factor for signing in (%(kind)s)"),
    "second_factor_failed": _("Gave a wrong code of the second factor"),
    "second_factor_removed": _("Removed a second factor for signing in (%(kind)s)"),
    "session_ended": _("The session ended: too old, or not used for too long"),
    "sessions_ended": _("Signed themselves out on other devices"),
    "sign_in_failed": _("Somebody tried to sign in as %(target)s, and failed"),
    "signed_in": _("Signed in (%(methods)s)"),
    "signed_out": _("Signed out"),
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
    words = {name: _in_words(value, LABELS if name in NAMED else {}) for name, value in event.details.items()}
    values = defaultdict(str, words, target=event.target)
    # An entry of an older version may have an action that is recorded no longer.
    return str(SENTENCES.get(event.action, event.action)) % values


def action_choices() -> list[tuple[str, str]]:
    """Every action, by its sentence without names."""
    gaps: defaultdict[str, str] = defaultdict(lambda: "…")
    choices = [(action, str(sentence) % gaps) for action, sentence in SENTENCES.items()]
    return sorted(choices, key=lambda choice: choice[1])


def _in_words(value: object, labels: Mapping[str, object]) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(part, labels) for part in value)
    return str(labels.get(value, value)) if isinstance(value, str) else str(value)
