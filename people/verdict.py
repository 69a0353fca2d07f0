"""The rule that decides about one person, and whether the copy says the same, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.why import Found
from sync.eligibility import NOT_VISIBLE, Reason
from sync.models import SyncRun

RULES = {
    None: _("Belongs in the copy: in Marketo, in Salesforce, and a user owns the Salesforce record."),
    Reason.NOT_IN_SALESFORCE: _(
        "Does not belong in the copy: the person is not linked to a lead or contact, or Salesforce does not have it."
    ),
    Reason.DELETED_IN_SALESFORCE: _("Does not belong in the copy: the lead or contact was deleted in Salesforce."),
    Reason.NO_OWNER: _("Does not belong in the copy: nobody owns the Salesforce record."),
    Reason.QUEUE_OWNER: _("Does not belong in the copy: the Salesforce record is owned by a queue, not by a user."),
    Reason.NOT_SHOWN_BY_SALESFORCE: _(
        "Cannot be told: Salesforce does not show the connected user the lead or contact. Whoever is in the copy stays."
    ),
    Reason.NOT_SHOWN_BY_MARKETO: _(
        "Cannot be told: Marketo does not show the API user this person, nor says that they are gone. "
        "Whoever is in the copy stays."
    ),
    Reason.MERGED_IN_MARKETO: _("Does not belong in the copy: the person was merged into another one in Marketo."),
    Reason.DELETED_IN_MARKETO: _("Does not belong in the copy: Marketo no longer has this person."),
    Reason.TAKEN_BACK: _(
        "Is not in the copy: the run that had brought the person was taken back. A full sync brings them again."
    ),
    Reason.NOT_IN_LIST: _(
        "Does not belong in the copy: the person is not on the list of Marketo that was chosen for it."
    ),
}


def explain(found: Found, last_run: SyncRun | None) -> tuple[Promise | str, Promise | str]:
    """Which rule decides about a person now, and whether the copy says the same already."""
    belongs = not found.reason
    if found.is_in_copy and found.reason in NOT_VISIBLE:
        now = _("The person is in the copy and stays there.")
    elif found.is_in_copy == belongs:
        now = _("The person is in the copy.") if belongs else _("The person is not in the copy.")
    elif last_run is None:
        now = _("No sync has ended yet. The person arrives with the first one.")
    elif belongs and found.copy and found.copy.removed_reason == Reason.TAKEN_BACK:
        now = RULES[Reason.TAKEN_BACK]
    elif belongs:
        now = _("The person is not in the copy yet and arrives with the next run.")
    else:
        now = _("The person is still in the copy and leaves it with the next run.")
    return RULES[found.reason], now
