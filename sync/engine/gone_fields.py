"""
Fields that a run of changes was not shown: they are followed for nobody until everybody is read.

Read again for whoever changes next, such a field would be new in some people and old in others; nobody could say in
whom.
"""

from collections.abc import Collection

from accounts.models import Occurrence
from accounts.occurrences import begin, end
from common.events import Event
from sync.engine.fields import LINKEDIN, OPPORTUNITY, linkedin_fields, missing_fields, read_names
from sync.events import FIELDS_GONE, REPLACED, ROLES_GONE
from sync.models import Extract, RunKind, SyncRun
from sync.statuses import WAITING_FOR_A_DECISION

EVENTS: dict[str, Event] = {event.key: event for event in (FIELDS_GONE, ROLES_GONE)}


def unread_columns(full: SyncRun) -> set[str]:
    """Columns of the copy that a full run did not read, and so no run of changes after it, or that went since."""
    unread = {field.column for field in missing_fields(full.fields)} | set(full.gone_fields)
    return unread | {OPPORTUNITY} if is_without_roles(full) else unread


def followed_names(full: SyncRun, unread: Collection[str]) -> list[str]:
    """REST names of what the runs of changes after a full run read: all but its `unread_columns`."""
    return [name for column, name in read_names(full.fields).items() if column not in unread]


def note_gone_fields(run: SyncRun) -> None:
    """
    Note with the last full run what a run of changes lacked, and tell of it. So with each full run that waits for a
    decision: it will leave those alone whom this one has read.

    To be called inside the transaction that ends the run.
    """
    if run.kind != RunKind.INCREMENTAL:
        return
    runs = SyncRun.objects.for_account(run.account).full()
    for waiting in runs.filter(status__in=WAITING_FOR_A_DECISION):
        _note(waiting, run)
    if last := runs.last_success():
        _tell(run, _note(last, run))


def tell_of_fields(run: SyncRun) -> None:
    """Of what a full run that ends has not read although the one before had, and of what went while it waited."""
    before = SyncRun.objects.for_account(run.account).full().exclude(pk=run.pk).last_success()
    now, told = unread_columns(run), set[str]()
    for occurrence in Occurrence.objects.for_account(run.account).going_on().filter(event__in=EVENTS):
        told |= _tell_what_is_left(occurrence, now, REPLACED if _has_other_linkedin(run) else "")
    known = unread_columns(before) - set(run.gone_fields) if before else now
    _tell(run, now - known - told)


def _note(full: SyncRun, run: SyncRun) -> set[str]:
    """Columns that the full run had read, and a run of changes is the first to lack."""
    gone = {column for column, name in read_names(full.fields).items() if name not in run.fields}
    if is_without_roles(run) and not is_without_roles(full):
        gone.add(OPPORTUNITY)
    gone -= set(full.gone_fields)
    if gone:
        SyncRun.objects.filter(pk=full.pk).update(gone_fields=sorted(gone.union(full.gone_fields)))
    return gone


def is_without_roles(run: SyncRun) -> bool:
    """Salesforce did not show it contact roles, or it has not asked for them."""
    return Extract.objects.of_run(run).not_shown().exists()


def _tell(run: SyncRun, gone: Collection[str]) -> None:
    for event, fields in (FIELDS_GONE, set(gone) - {OPPORTUNITY}), (ROLES_GONE, {OPPORTUNITY}.intersection(gone)):
        if fields:
            link = run.get_absolute_url()
            begin(event, account=run.account, subject=str(run.pk), link=link, fields=sorted(fields))


def _has_other_linkedin(run: SyncRun) -> bool:
    """Whether it is the first full run that has read this field as the LinkedIn URL, after others had read another."""
    before = set(linkedin_fields(SyncRun.objects.for_account(run.account).exclude(pk=run.pk))) - {""}
    return bool(before) and read_names(run.fields).get(LINKEDIN, "") not in before | {""}


def _tell_what_is_left(told: Occurrence, gone: set[str], how_linkedin: str) -> set[str]:
    """It is over when all of the fields that it told of are read again; answers those that are not."""
    left, event = gone.intersection(told.details["fields"]), EVENTS[told.event]
    if left:
        begin(event, account=told.account, subject=told.subject, link=told.link, fields=sorted(left))
    else:
        how = how_linkedin if LINKEDIN in told.details["fields"] else ""
        end(event, account=told.account, subject=told.subject, how=how)
    return left
