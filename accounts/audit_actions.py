"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class AccountAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    AUDIT_EXPORTED = "accounts.audit_exported", _("Exported the audit trail")
    AUDIT_TRIMMED = (
        "accounts.audit_trimmed",
        _("Removed the oldest entries of the audit trail, which were past their time (%(entries)s)"),
    )
    LOGIN_POLICY_CHANGED = (
        "accounts.login_policy_changed",
        _("Changed how members sign in from “%(before)s” to “%(after)s”"),
    )
    OPS_GRANTED = "accounts.ops_granted", _("Made %(target)s ops staff, who see the runs and people of every account")
    OPS_REVOKED = "accounts.ops_revoked", _("Removed %(target)s from ops staff")
    PASSWORD_CHANGED = "accounts.password_changed", _("Changed their own password")
    PASSWORD_REFUSED = (
        "accounts.password_refused",
        _("Tried to sign in with a password, which the Sales account does not allow"),
    )
    PROFILE_CHANGED = "accounts.profile_changed", _("Changed their own profile")
    RECOVERY_CODES_MADE = "accounts.recovery_codes_made", _("Made new recovery codes for signing in")
    ROLE_CHANGED = "accounts.role_changed", _("Changed the role of %(target)s from %(before)s to %(after)s")
    SECOND_FACTOR_ADDED = "accounts.second_factor_added", _("Added a second factor for signing in (%(kind)s)")
    SECOND_FACTOR_FAILED = "accounts.second_factor_failed", _("Gave a wrong code of the second factor")
    SECOND_FACTORS_RESET = (
        "accounts.second_factors_reset",
        _("Removed the lost second factors of %(target)s, and the password"),
    )
    SECOND_FACTOR_REMOVED = "accounts.second_factor_removed", _("Removed a second factor for signing in (%(kind)s)")
    SESSION_ENDED = "accounts.session_ended", _("The session ended: too old, or not used for too long")
    SESSIONS_ENDED = "accounts.sessions_ended", _("Signed themselves out on other devices")
    SIGN_IN_FAILED = "accounts.sign_in_failed", _("Somebody tried to sign in as %(target)s, and failed")
    SIGNED_IN = "accounts.signed_in", _("Signed in (%(methods)s)")
    SIGNED_OUT = "accounts.signed_out", _("Signed out")
    TEAM_CREATED = "accounts.team_created", _("Created the team %(target)s")
    TEAM_MEMBERS_ADDED = "accounts.team_members_added", _("Added %(members)s to the team %(target)s")
    TEAM_MEMBERS_REMOVED = "accounts.team_members_removed", _("Removed %(members)s from the team %(target)s")
    TEAM_REMOVED = "accounts.team_removed", _("Removed the team %(target)s")
    TEAM_RENAMED = "accounts.team_renamed", _("Renamed the team %(target)s to %(name)s")
