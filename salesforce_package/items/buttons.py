"""Checks of the package's buttons in list views."""

from django.utils.translation import gettext_lazy as _

from salesforce_package.items.declaration import Check, Evidence
from salesforce_package.org import Finding, Org, State

EVIDENCE: Evidence = {
    "buttons_missing": _("The package in your org does not offer: %(names)s. Upgrade it."),
    "buttons_not_shown": _("List views do not show: %(names)s."),
    "buttons_shown": _("The list views of leads and contacts show both."),
}


def shows_buttons(*labels: str) -> Check:
    """Does the package offer the buttons for leads and contacts, and do list views show them?"""

    def check(org: Org) -> Finding:
        wanted = [(sobject, label) for sobject in ("Lead", "Contact") for label in labels]
        for code, found in (("buttons_missing", org.offered_buttons), ("buttons_not_shown", org.shown_buttons)):
            missing = [f"{sobject}: {label}" for sobject, label in wanted if (sobject, label) not in found]
            if missing:
                return Finding(State.MISSING, code, {"names": ", ".join(missing)})
        return Finding(State.DONE, "buttons_shown")

    return check
