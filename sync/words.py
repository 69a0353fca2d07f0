"""The columns of the copy in words, and the codes that stand in some of them."""

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from history.trail import REASON, Words
from sync.eligibility import Reason
from sync.engine.fields import SYNCED_FIELDS

OWNER = "owner_name"
RECORD_TYPES = {"Lead": _("Lead"), "Contact": _("Contact")}
LABELS: dict[str, StrOrPromise] = {
    **{field.column: field.label for field in SYNCED_FIELDS},
    OWNER: _("Sales owner"),
    "owner_id": _("User ID of the sales owner"),
    "salesforce_type": _("In Salesforce"),
}
WORDS = Words(LABELS, {REASON: dict(Reason.choices), "salesforce_type": RECORD_TYPES})
