"""The checklist of steps 6 and 7: installing the package Marketo Sales Insight and configuring it in Salesforce."""

from django.utils.translation import gettext_lazy as _

from common.registry import unique
from salesforce_package.items import access, actions, base, buttons, install, layouts, remote_sites, users
from salesforce_package.items.declaration import Evidence

SECTIONS = (install.SECTION, access.SECTION, base.SECTION, actions.SECTION)
ITEMS = unique((item.key, item) for section in SECTIONS for item in section.items)

# What can be found of any item.
_ANY: Evidence = {
    "no_access": _(
        "Salesforce does not show this to the connected user, who lacks View Setup and Configuration. "
        "A Salesforce admin grants it in Setup > Profiles > profile > System Permissions."
    ),
    "failed": _("Salesforce refused the question (%(code)s)."),
    "odd_answer": _("Salesforce answered in a way that this console does not know. Look for yourself, then tick it."),
}
_FILES = (install, access, actions, buttons, layouts, remote_sites, users)
# Sentences by the codes of findings.
EVIDENCE = unique(sentence for table in (_ANY, *(file.EVIDENCE for file in _FILES)) for sentence in table.items())
