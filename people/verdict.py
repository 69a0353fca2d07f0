"""The rule that decides about one person, and whether the copy says the same, in words."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from people.why import Found
from sync.eligibility import NOT_VISIBLE, Reason
from sync.engine.hold import Departure
from sync.models import SyncRun

RULES = {
    None: _("Belongs in the copy: in Marketo, in Salesforce, and owned by a user."),
    Reason.NOT_IN_SALESFORCE: _("Not synced: no lead or contact in Salesforce."),
    Reason.DELETED_IN_SALESFORCE: _("Not synced: the lead or contact was deleted in Salesforce."),
    Reason.NO_OWNER: _("Not synced: nobody owns the Salesforce record."),
    Reason.QUEUE_OWNER: _("Not synced: a queue owns the Salesforce record, not a user."),
    Reason.NOT_SHOWN_BY_SALESFORCE: _(
        "Cannot be told: Salesforce does not show the connected user the lead or contact. Nobody is removed for this."
    ),
    Reason.NOT_SHOWN_BY_MARKETO: _(
        "Cannot be told: Marketo does not show the API user this person, and does not say that they "
        "are gone. Nobody is removed for this."
    ),
    Reason.NOT_IN_NEW_ORG: _(
        "Stays for now: the Salesforce org to which the account moves has no lead or contact yet. Nobody is removed "
        "for this before the move has ended."
    ),
    Reason.MERGED_IN_MARKETO: _("Not synced: Marketo merged this person into another one."),
    Reason.DELETED_IN_MARKETO: _("Not synced: Marketo no longer has this person."),
    Reason.TAKEN_BACK: _("Not synced: the run that brought this person was undone. A full sync brings them again."),
    Reason.NOT_IN_LIST: _("Not synced: the person is not on the chosen list of Marketo."),
}


def explain(found: Found, last_run: SyncRun | None) -> tuple[StrOrPromise, StrOrPromise]:
    """Which rule decides about a person now, and whether the copy says the same already."""
    belongs = not found.reason
    if found.is_in_copy and found.reason in NOT_VISIBLE:
        now: StrOrPromise = _("The person is in the copy and stays there.")
    elif found.is_in_copy == belongs:
        now = _("The person is in the copy.") if belongs else _("The person is not in the copy.")
    elif found.departure:
        now = _still_here(found.departure)
    elif last_run is None:
        now = _("No sync has ended yet. The person arrives with the first one.")
    elif belongs and found.copy and found.copy.removed_reason == Reason.TAKEN_BACK:
        now = RULES[Reason.TAKEN_BACK]
    elif belongs:
        now = _("The person is not in the copy yet and arrives with the next run.")
    else:
        now = _("The person is still in the copy and leaves it with the next run.")
    return RULES[found.reason], now


def _still_here(departure: Departure) -> StrOrPromise:
    """When somebody leaves who is gone from Marketo; the streams that said so do not say it again."""
    if departure.is_waiting:
        text = _("The person is still in the copy and leaves it when an Admin approves run {run}.")
        return format_lazy(text, run=departure.run_id)
    return _("The person is still in the copy and leaves it with the next full sync at the latest.")
