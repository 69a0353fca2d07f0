"""What the card Action Field Sync shows: the run to look at, or what still stands in the way of one."""

from django.utils.translation import gettext as _

from accounts.models import SalesAccount
from connections.models import MarketoInstance
from connections.services.health import Health, marketo_health, salesforce_health
from operations.backlog import backlog_of
from operations.progress import waiting_of
from sync.models import SyncRun
from sync.schedule import how_changes_arrive
from sync.services import connection_problem
from sync.statuses import WAITING_FOR_A_DECISION


def sync_card(instance: MarketoInstance) -> dict[str, object]:
    """
    Variables of the card's template: `sync_run` (one that waits for a decision, or the last), `sync_waiting` (why it
    stands still), `sync_success` (the last one that succeeded, also an incremental one), `sync_read` (the last that
    read both systems), `sync_backlog`, `sync_changes` (what the last incremental runs found, the oldest first; empty
    where none found anything), `sync_rhythm` (how changes arrive), `sync_broken` (name and health of the connection
    that a run would miss) and `sync_problem` (a sentence or "").
    """
    account = instance.account
    if not account:
        return {"sync_problem": _("Send the first invitation before you start the data sync.")}
    runs = SyncRun.objects.for_account(account)
    run = runs.waiting_for_a_decision().first() or runs.full().order_by("-pk").first()
    backlog = backlog_of(account)
    return {
        "sync_run": run,
        "sync_waits_for_decision": bool(run and run.status in WAITING_FOR_A_DECISION),
        "sync_waiting": waiting_of(run) if run else None,
        "sync_success": runs.last_success(),
        "sync_read": runs.last_sync(),
        "sync_backlog": backlog,
        "sync_changes": [one.total for one in reversed(backlog.runs)] if backlog and backlog.most else [],
        "sync_rhythm": how_changes_arrive(account),
        "sync_broken": _broken(account),
        "sync_problem": connection_problem(account),
    }


def _broken(account: SalesAccount) -> tuple[str, Health] | None:
    both = (("Salesforce", salesforce_health(account)), ("Marketo", marketo_health(account)))
    return next(((name, health) for name, health in both if not health.is_connected), None)
