"""What is kept of looks by the operator's staff at people of others."""

from accounts.models import SalesAccount, User
from accounts.services import record
from common.throttling import hit
from sync.audit_actions import SyncAction
from sync.models import SyncRun

NOTED_SECONDS = 60 * 60


def note_look(*, account: SalesAccount, marketo_id: int, by: User) -> None:
    """Keep in the audit trail that the operator's staff looked at a person, once an hour for each of both."""
    _note(account, SyncAction.PERSON_VIEWED, str(marketo_id), by)


def note_look_at_people(*, run: SyncRun, by: User) -> None:
    """The same for the people whom a run concerns."""
    _note(run.account, SyncAction.RUN_PEOPLE_VIEWED, run, by)


def _note(account: SalesAccount, action: SyncAction, target: object, by: User) -> None:
    if hit(f"{action}:{account.pk}:{target}:{by.pk}", seconds=NOTED_SECONDS) == 1:
        record(account=account, actor=by, action=action, target=target)
