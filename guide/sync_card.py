"""What the card Action Field Sync shows: the run to look at, or what still stands in the way of one."""

from django.utils.translation import gettext as _

from connections.models import MarketoInstance
from sync.models import SyncRun
from sync.services import connection_problem


def sync_card(instance: MarketoInstance) -> dict[str, object]:
    """
    Variables of the card's template: `sync_run` (one that waits for a decision, or the last), `sync_success` (the last
    one that succeeded, also by following changes) and `sync_problem` (a sentence or "").
    """
    account = instance.account
    if not account:
        return {
            "sync_run": None,
            "sync_success": None,
            "sync_problem": _("Send the first invitation before you start the data sync."),
        }
    runs = SyncRun.objects.for_account(account)
    return {
        "sync_run": runs.waiting_for_a_decision().first() or runs.full().order_by("-pk").first(),
        "sync_success": runs.last_success(),
        "sync_problem": connection_problem(account),
    }
