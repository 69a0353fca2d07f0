"""
What the codes of failed calls mean: cause, remedy, and who has to act.

Salesforce's 26 codes are those of Adobe's page "Salesforce Diagnostics", Marketo's are from Adobe's "Error Codes".
"""

from django.utils.translation import gettext_lazy as _

from clients.marketo.errors import SERVICE as MARKETO
from clients.salesforce.errors import SERVICE as SALESFORCE
from problems.messages import problem_for
from problems.problem import ACCOUNT_ADMIN, MARKETO_ADMIN, NOBODY, OPERATOR, SALESFORCE_ADMIN, YOU, Problem

# In the order of the page: those who can end a standstill come first.
ACTORS = (ACCOUNT_ADMIN, YOU, SALESFORCE_ADMIN, MARKETO_ADMIN, OPERATOR, NOBODY)

_RECONNECT = _("Connect again on Settings > Admin Settings > Salesforce > Connections & Customizations.")
_RETRIED = _("Nothing to do: the call is repeated automatically.")
_PASTE = _("Copy the credentials again from Marketo's Integration Information card into the tab Set Up.")

_SALESFORCE = {
    "AUTHENTICATION_FAILURE": Problem(
        _("Salesforce no longer accepts the sign-in of this connection."), _RECONNECT, ACCOUNT_ADMIN
    ),
    "EXPIRED_ACCESS": Problem(
        _("The access expired by a rule of the org, or somebody revoked it."), _RECONNECT, ACCOUNT_ADMIN
    ),
    "INACTIVE_ORGANIZATION": Problem(
        _("The Salesforce org is inactive."), _("Connect again once Salesforce has activated the org."), ACCOUNT_ADMIN
    ),
    "INACTIVE_USER": Problem(
        _("The Salesforce user of this connection is inactive."),
        _("Have the user activated, or connect again as another Salesforce user."),
        ACCOUNT_ADMIN,
    ),
    "INVALID_GRANT": Problem(
        _("Salesforce refused this console's IP address, or the time of day."),
        _("Add the console's addresses, which its operator knows, in Setup > Profiles > profile > Login IP Ranges."),
        SALESFORCE_ADMIN,
    ),
    "API_CURRENTLY_DISABLED": Problem(
        _("The Salesforce user may not use the API."),
        _("In Salesforce open Setup > Profiles, the user's profile, System Permissions, and tick API Enabled."),
        SALESFORCE_ADMIN,
        ("API Enabled",),
    ),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Problem(
        _("A trigger of the org fails, or the user may not write to the object."),
        _("Review the trigger that Setup > Debug Logs names, or grant edit access in Setup > Profiles > profile."),
        SALESFORCE_ADMIN,
    ),
    "ENTITY_IS_LOCKED": Problem(
        _("The record is locked by an approval."),
        _("Decide or recall the approval; the record can be written then."),
        SALESFORCE_ADMIN,
    ),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Problem(
        _("A validation rule of the org refuses the record."),
        _("In Setup > Object Manager > object > Validation Rules let the values of Sales Insight Actions pass."),
        SALESFORCE_ADMIN,
    ),
    "FIELD_FILTER_VALIDATION_EXCEPTION": Problem(
        _("A value that is already on the record breaks a lookup filter."),
        _("Correct the record, or the filter in Setup > Object Manager > object > Fields & Relationships > field."),
        SALESFORCE_ADMIN,
    ),
    "FIELD_INTEGRITY_EXCEPTION": Problem(
        _("A value does not fit its field, for example a state that its country does not have."),
        _("Correct the data of the record."),
        SALESFORCE_ADMIN,
    ),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Problem(
        _("The user may not see the record that a task belongs to."),
        _("Grant the user access to the related record: Setup > Sharing Settings, or Setup > Profiles > profile."),
        SALESFORCE_ADMIN,
    ),
    "INSUFFICIENT_ACCESS_OR_READONLY": Problem(
        _("The user may not write to the record."),
        _(
            "Grant edit access in Setup > Profiles > profile > Object Settings, or switch the logging of the last "
            "activity off."
        ),
        SALESFORCE_ADMIN,
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Problem(
        _("The user may not write to a custom field."),
        _(
            "Make the field visible and not read-only for the user's profile: Setup > Object Manager > object > "
            "Fields & Relationships > field > Set Field-Level Security."
        ),
        SALESFORCE_ADMIN,
    ),
    "INVALID_TYPE": Problem(
        _("An object is not visible to the user; usually it is Lead."),
        _("Grant read and edit access to the object in Setup > Profiles, the user's profile, Object Settings."),
        SALESFORCE_ADMIN,
    ),
    "REQUIRED_FIELD_MISSING": Problem(
        _("A custom field that the org requires is empty."),
        _("Fill the field in, or no longer require it in Setup > Object Manager > object > Fields & Relationships."),
        SALESFORCE_ADMIN,
    ),
    "TXN_SECURITY_NO_ACCESS": Problem(
        _("A transaction security policy of the org stopped the call."),
        _("Exempt the connected user from the policy in Setup > Transaction Security Policies."),
        SALESFORCE_ADMIN,
    ),
    "FAILED_WRITE": Problem(_("Salesforce was too slow to write, often because of a trigger."), _RETRIED, NOBODY),
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": Problem(
        _("Salesforce is in maintenance."), _("Wait until it is over."), NOBODY
    ),
    "INVALID_FIELD": Problem(
        _("Salesforce gave up reading, or a field is missing or hidden from the user."),
        _("If it comes back, make the fields visible to the user and thin out the object's customizations."),
        NOBODY,
    ),
    "QUERY_TIMEOUT": Problem(_("A query took Salesforce too long."), _RETRIED, NOBODY),
    "REQUEST_LIMIT_EXCEEDED": Problem(
        _("The org has used its API calls of 24 hours, or makes too many long calls at once."),
        _("Wait. If it comes back, review slow triggers or buy more API calls."),
        NOBODY,
    ),
    "SERVER_UNAVAILABLE": Problem(_("A server of Salesforce was busy."), _RETRIED, NOBODY),
    "UNABLE_TO_LOCK_ROW": Problem(_("Several programs wrote to the same record at once."), _RETRIED, NOBODY),
    "CANNOT_UPDATE_CONVERTED_LEAD": Problem(
        _("The lead was converted and cannot be written any more."),
        _("Send the time of the failure to the operator of this console."),
        OPERATOR,
    ),
    "UNKNOWN_EXCEPTION": Problem(
        _("Salesforce had an internal error."), _("If it stays, open a case with Salesforce."), SALESFORCE_ADMIN
    ),
}
_MARKETO = {
    "invalid_client": Problem(_("Marketo refused the Client ID or the Client Secret."), _PASTE, MARKETO_ADMIN),
    "601": Problem(_("Marketo refused the access token of this connection."), _PASTE, MARKETO_ADMIN),
    "602": Problem(_("Marketo says that a fresh access token has expired."), _PASTE, MARKETO_ADMIN),
    "603": Problem(
        _("The API user lacks a permission, or an address list keeps this console out."),
        _(
            "Give the API user's role the permission in Admin > Users & Roles > Roles, or add the console's addresses "
            "in Admin > Login Settings."
        ),
        MARKETO_ADMIN,
    ),
    "607": Problem(
        _("The Marketo instance has used all its API calls of the day."),
        _("Wait until midnight in US Central time. If it comes back, look for other programs or buy more calls."),
        MARKETO_ADMIN,
    ),
    "614": Problem(
        _("Marketo cannot reach the subscription."),
        _("Wait. If it stays for an hour, open a case with Marketo Support."),
        MARKETO_ADMIN,
    ),
    "1003": Problem(
        _("Marketo did not recognise the request (error 1003). A field may have been removed."),
        _("Compare the preview of fields with the fields of Marketo, then start the sync again."),
        MARKETO_ADMIN,
    ),
    "1006": Problem(
        _("Marketo does not have one of the fields."),
        _("Make the field visible again in Admin > Field Management, or remove it from the sync."),
        MARKETO_ADMIN,
    ),
    "1029": Problem(
        _("Too many bulk extracts are waiting, or the day's amount of data is used up."),
        _("Wait. If it comes back, look for other programs that extract from the instance."),
        NOBODY,
    ),
    "1035": Problem(
        _("The Marketo subscription does not offer this way of asking for changes."),
        _("Nothing to do: changes are read in another way."),
        NOBODY,
    ),
    "610": Problem(
        _("Marketo does not know the address that was called."),
        _("Send the time of the failure to the operator of this console."),
        OPERATOR,
    ),
    "1011": Problem(
        _("Marketo cannot search by the field that was asked for."),
        _("Send the time of the failure to the operator of this console."),
        OPERATOR,
    ),
    "604": Problem(_("A call took Marketo too long."), _RETRIED, NOBODY),
    "606": Problem(_("Too many calls were made within 20 seconds, by all programs together."), _RETRIED, NOBODY),
    "608": Problem(_("Marketo was not available for a moment."), _RETRIED, NOBODY),
    "611": Problem(_("Marketo had an internal error."), _RETRIED, NOBODY),
    "615": Problem(_("Too many calls were made at the same moment, by all programs together."), _RETRIED, NOBODY),
    "713": Problem(_("Marketo was not available for a moment."), _RETRIED, NOBODY),
    "719": Problem(_("Several programs wrote to the same data of Marketo at once."), _RETRIED, NOBODY),
}
USAGE = {
    SALESFORCE: _("Highest 24-hour API use per day, all apps, as reported by Salesforce."),
    MARKETO: _("Calls per Marketo day (US Central time), all apps, as reported by Marketo."),
}
DIAGNOSES = {SALESFORCE: _SALESFORCE, MARKETO: _MARKETO}


def diagnosis_of(service: str, code: str, problem: str) -> Problem:
    """Cause, remedy and actor of a failure; for a code that is in no table those of its kind of problem."""
    return DIAGNOSES[service].get(code) or problem_for(problem)
