"""What a look at the org found, in sentences: for the codes of `salesforce_package.org.Finding`."""

from django.utils.translation import gettext_lazy as _

# What a new field's type is called in Setup, by its name in describe answers.
FIELD_TYPES = {"string": _("Text"), "url": _("URL"), "boolean": _("Checkbox")}

FINDINGS = {
    "not_installed": _("The package is not installed."),
    "other_packages": _("Only other packages with the same prefix are installed: %(names)s."),
    "version": _("Version %(version)s found."),
    "too_old": _("Version %(version)s found, %(needed)s needed."),
    "no_access": _(
        "Salesforce does not show this to the connected user, who lacks View Setup and Configuration. "
        "A Salesforce admin grants it in Setup > Profiles > profile > System Permissions."
    ),
    "failed": _("Salesforce refused the question (%(code)s)."),
    "no_objects": _("The org has no objects of the package."),
    "not_deployed": _("Not deployed: %(names)s."),
    "deployed": _("All %(count)s objects are deployed."),
    "org_matches": _("%(found)s of %(asked)s people that Marketo knows from Salesforce are in %(org)s."),
    "org_differs": _("None of the people that Marketo knows from Salesforce is in %(org)s."),
    "org_is_copy": _(
        "%(found)s of %(asked)s people that Marketo knows from Salesforce are in %(org)s. It is a sandbox, which holds "
        "copies of production's records: make sure that Marketo is synced with this sandbox."
    ),
    "no_samples": _("Connected to %(org)s. Marketo named nobody to compare with."),
    "readable": _("The connected user can read all four."),
    "not_readable": _("The connected user cannot read: %(names)s."),
    "api_answers": _("Salesforce answers the connected user."),
    "site_missing": _("There is no remote site for %(url)s."),
    "site_inactive": _("The remote site %(url)s is not active."),
    "site_active": _("The remote site %(url)s is active."),
    "fields": _("%(right)s of %(total)s fields are right."),
    "field_right": _("Right."),
    "field_missing": _("Missing, or hidden from the connected user."),
    "field_type": _("The type is %(found)s, it must be %(needed)s."),
    "field_length": _("The length is %(found)s, it must be at least %(needed)s."),
    "room_needed": _("%(count)s fields have yet to find room."),
    "room_used": _("All 15 fields have found room."),
    "types_missing": _("Missing: %(names)s."),
    "types_default": _("%(name)s is the default value."),
    "set_missing": _("There is no permission set Marketo App Access of the package."),
    "set_assigned": _("Users who have the permission set: %(count)s. Profiles may give access instead."),
    "classes_left": _("Still there: %(names)s."),
    "classes_gone": _("None of the old Apex classes is there. Layouts are not looked at."),
    "buttons_missing": _("The package in your org does not offer: %(names)s. Upgrade it."),
    "buttons_not_shown": _("List views do not show: %(names)s."),
    "buttons_shown": _("The list views of leads and contacts show both."),
    "email_active": _("Email to Salesforce is active. Which addresses users list, only they can see."),
    "email_inactive": _("Email to Salesforce is not active. That is right unless e-mails are logged by BCC."),
    "fields_locked": _("The connected user cannot see or edit: %(names)s."),
    "fields_unseen": _("The connected user can see none of the 15."),
    "fields_editable": _("The connected user can see and edit all 15."),
    "not_on_layout": _("The layouts of the connected user lack: %(names)s. Other users may have other layouts."),
    "fields_off_layout": _(
        "The layouts of the connected user show none of the 15. Other users may have other layouts."
    ),
    "no_panel": _("Not on the layouts of the connected user: %(names)s. Other users may have other layouts."),
    "on_layout": _("Found on the layouts of the connected user."),
    "types_right": _("Email, Call and Reply are there, and none is the default."),
}
