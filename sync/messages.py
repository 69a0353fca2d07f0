"""What this room tells people: why a run waits or failed, why somebody is left out, what is wrong with a row."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clients.http import ApiError
from connections.services.visibility import SYNCED, Kind, Visibility
from history.models import ChangeKind
from problems.codes import ProblemCode, problem_code
from problems.messages import PROBLEMS, ConnectionProblem, problem_for
from problems.problem import MARKETO_ADMIN, NOBODY, OPERATOR, WATCHERS, Problem
from sync.eligibility import Reason
from sync.engine.problems import MustWait, RunFailed
from sync.erasure import ERASED_ROW
from sync.models import RejectedRow, SyncRun
from sync.words import LABELS

_AGAIN = _("Nothing was changed. Press Sync again on the page of the run.")

FAILURES = {
    "no_salesforce_fields": Problem(
        _("This Marketo instance does not have the fields {fields}, so it is not synced with Salesforce."),
        _("Set up Marketo's own sync with Salesforce first, then start again. Nothing was changed."),
        MARKETO_ADMIN,
    ),
    "no_assets_permission": Problem(
        _("Marketo does not tell when the instance began: the API user's role lacks the permission Read-Only Assets."),
        _("Give the API user's role the permission Read-Only Assets, then start again. Nothing was changed."),
        MARKETO_ADMIN,
    ),
    "no_folders": Problem(
        _("Marketo showed no folder, so it is not known how far back people must be read."),
        _("Let the API user's role see at least one workspace, then start again. Nothing was changed."),
        MARKETO_ADMIN,
    ),
    "disconnected": Problem(
        _("The Sales account was disconnected from {service} in the middle of the run."),
        _("Nothing was changed. Connect it again, then press Sync."),
        _("An Admin of the Sales account"),
    ),
    "extract_failed": Problem(
        _("A remote export failed twice. The last answer was: {detail}"),
        _AGAIN,
        WATCHERS,
    ),
    "too_many_changes": Problem(
        _("More than {most} people have changed since the last look, too many to be read one by one."),
        _("Nothing was changed. A full sync starts automatically within minutes."),
        NOBODY,
    ),
    "waited_too_long": Problem(
        _("The run stood still for {days} days. The reason it waited for: {reason}"),
        _("Nothing was changed. Find out which other tool uses that up, or ask for more of it, then start again."),
        MARKETO_ADMIN,
    ),
    "list_gone": Problem(
        _("Marketo no longer has the list {list}, whose members alone are in the copy."),
        _("Nothing was changed. Press Sync, choose another list or none, then start again."),
        MARKETO_ADMIN,
    ),
    "nobody_read": Problem(
        _("{service} reported no people at all, although the copy has people."),
        _("Nothing was changed. Check that the connected user still sees people there, then start again."),
        MARKETO_ADMIN,
    ),
    "stage_lost": Problem(
        _("The database was restarted again and again during the run, which lost the rows that had been read."),
        _AGAIN,
        WATCHERS,
    ),
    "read_again": Problem(
        _("The database was restarted since, which lost the rows that had been read."),
        _("Nothing was changed. Start a sync: it reads everybody again."),
        WATCHERS,
    ),
    "receipt_mismatch": Problem(
        _("The copy would not have matched what was read: {source_rows} people read, {copy_rows} in the copy."),
        _("Nothing was changed. Start again; if it stays, send the number of this run to the operator."),
        OPERATOR,
    ),
    "crashed": Problem(
        _("The same step started {tries} times and never finished."),
        _("Nothing was changed. Look into the worker's log under the number of this run."),
        OPERATOR,
    ),
}

# What a provider refuses in a way that ends runs.
ENDING = (
    ProblemCode.MARKETO_CREDENTIALS,
    ProblemCode.MARKETO_PERMISSION,
    ProblemCode.MARKETO_UNEXPECTED,
    ProblemCode.SALESFORCE_CREDENTIALS,
    ProblemCode.SALESFORCE_EXPIRED_TOKEN,
    ProblemCode.SALESFORCE_APP_BLOCKED,
    ProblemCode.SALESFORCE_PERMISSION,
    ProblemCode.SALESFORCE_UNEXPECTED,
)

# Why a step waits; it goes on by itself.
WAITS = {
    "marketo_quota": _("Marketo's daily limit is used up. It starts again at midnight US Central time."),
    "marketo_export_share": _(
        "This console has used its share of Marketo's exports for today. The rest is left to other tools. "
        "The share is set on Settings > Admin Settings > Marketo > Allowance."
    ),
    "marketo_daily_share": _(
        "This console has used its share of Marketo's calls of today, or all tools together nine tenths of them; the "
        "rest is left to other tools. The share is set on Settings > Admin Settings > Marketo > Allowance."
    ),
    "salesforce_quota": _("The Salesforce org has used all its API calls of the last 24 hours."),
    "salesforce_share": _(
        "Nine tenths of the Salesforce org's API calls of the last 24 hours are used; the rest is left to other tools."
    ),
    "marketo_queue_full": _("Marketo's queue of exports is full, perhaps with jobs of other tools."),
    "marketo_share": _("This console has reached its own limit of calls to Marketo in 20 seconds."),
    "marketo_odd": _("Marketo sent an answer that cannot be read. It is asked again."),
    "salesforce_odd": _("Salesforce sent an answer that cannot be read. It is asked again."),
    "marketo_busy": _("Marketo is busy: too many calls just now."),
    "salesforce_busy": _("Salesforce is busy or in maintenance."),
    "marketo_unreachable": _("Marketo did not answer in time."),
    "salesforce_unreachable": _("Salesforce did not answer in time."),
    "database_full": _("The console's database is full. The operator must give it more room; then the run continues."),
    "database_trouble": _("The console's database reported an error. The step is tried again."),
}

# Of these the ones for which the operator must do something.
_STUCK = {
    "database_full": Problem(WAITS["database_full"], _("Give the disk of PostgreSQL more room."), OPERATOR),
    "database_trouble": Problem(WAITS["database_trouble"], _("Look into the log of PostgreSQL."), OPERATOR),
}

# What is wrong with a row of a file.
ROW_FAULTS = {
    "wrong_columns": _("The row has more or fewer values than the header."),
    "no_id": _("The row does not have a Marketo ID."),
    "nul_character": _("A value holds the character U+0000, which no database text can hold."),
    "not_utf8": _("A value is not UTF-8 text."),
    ERASED_ROW: _("The row may have held somebody who was erased since, so its text was deleted."),
    "unreadable_row": _("The quotes of the row do not match, or a value holds a line break without quotes."),
}


def wait_reason(code: str) -> Promise:
    """Why a step waits, in words; beside our own reasons there are the providers' problems."""
    return WAITS.get(code) or problem_for(code).what


def mended_by(code: str) -> Problem | None:
    """What somebody does about a wait, and who; None of one that passes by itself."""
    if code in _STUCK:
        return _STUCK[code]
    if code not in PROBLEMS or PROBLEMS[code].who is NOBODY:
        return None
    return PROBLEMS[code].told_to_others()


def failure_of(run: SyncRun) -> Problem:
    """Why a failed run failed, what to do and who can do it."""
    if run.failure not in FAILURES:
        return problem_for(run.failure).told_to_others()
    problem = FAILURES[run.failure]
    params = {name: wait_reason(value) if name == "reason" else value for name, value in run.failure_params.items()}
    return Problem(format_lazy(str(problem.what), **params), problem.todo, problem.who)


def causes() -> list[tuple[str, str]]:
    """Why runs fail or wait, by code, in words without what each time is different; in the order of the words."""
    gaps: defaultdict[str, str] = defaultdict(lambda: "…")
    failed = {code: str(problem.what).format_map(gaps) for code, problem in FAILURES.items()}
    waits = {code: str(text) for code, text in WAITS.items()}
    broken = {code.value: str(problem_for(code).what) for code in ENDING}
    return sorted((failed | waits | broken).items(), key=lambda cause: cause[1])


# How asking the providers while a person waits for the page may fail.
TROUBLES = (ApiError, ConnectionProblem, MustWait, RunFailed)


def trouble(error: ApiError | ConnectionProblem | MustWait | RunFailed) -> Problem:
    """Why the providers could not be asked just now."""
    if isinstance(error, MustWait):
        until = date_format(localtime(error.wait.until), "TIME_FORMAT")
        what = wait_reason(error.wait.reason)
        return Problem(what, format_lazy(_("Ask again after {until}."), until=until), NOBODY)
    if isinstance(error, ApiError):
        return problem_for(problem_code(error))
    if isinstance(error, ConnectionProblem):
        return error.problem
    if error.code == "disconnected":
        # The connection went while the page was being made.
        return problem_for(f"{error.params['service'].lower()}_not_connected")
    # A run would end for the same reason.
    return failure_of(SyncRun(failure=error.code, failure_params=error.params))


def left_out(skipped: dict[str, int]) -> list[tuple[Promise | str, int]]:
    """The reasons of a run's `skipped` in words, most people first."""
    return [(Reason(reason).label, skipped[reason]) for reason in sorted(skipped, key=lambda name: -skipped[name])]


# Whom an undo does not put back.
NOT_PUT_BACK = {"changed_since": _("Changed since by a later run"), "erased": _("Erased since")}


def left_alone(kept: dict[str, int]) -> list[tuple[Promise | str, int]]:
    """Those of a run's `kept` in words, most people first."""
    labels = {reason.value: reason.label for reason in Reason} | NOT_PUT_BACK
    return [(labels[code], kept[code]) for code in sorted(kept, key=lambda name: -kept[name])]


def row_fault(row: RejectedRow) -> Promise | str:
    """What is wrong with a rejected row."""
    return ROW_FAULTS.get(row.reason, row.reason)


# What may have brought many such changes at once; by reason, and for values that come back empty.
CAUSES = {
    Reason.NOT_IN_LIST: _("The run reads the members of another list, or many were taken off the list in Marketo."),
    Reason.DELETED_IN_MARKETO: _("They were deleted in Marketo, perhaps by a clean-up there."),
    Reason.MERGED_IN_MARKETO: _("They were merged in Marketo, perhaps while duplicates were cleaned up."),
    Reason.DELETED_IN_SALESFORCE: _("Their leads and contacts were deleted in Salesforce, perhaps by a mass deletion."),
    Reason.QUEUE_OWNER: _("A queue owns their leads now, perhaps by an assignment rule or since a user has left."),
    Reason.NO_OWNER: _("Nobody owns their records in Salesforce any more."),
    Reason.NOT_IN_SALESFORCE: _(
        "Marketo links them to no lead or contact any more, or Salesforce has removed those for good: "
        "look at Marketo's own sync with Salesforce."
    ),
    Reason.TAKEN_BACK: _("The run that is undone had brought them."),
}
QUEUES_CAUSE = _("Their leads belong to {queues} now, perhaps by an assignment rule or since a user has left.")
BLANK_CAUSE = _(
    "It comes back empty: Marketo may hide the field from the API user by now, or something has emptied it there."
)
LEFT_OUT_LABEL = _("Left out")


def reasons_of_hold(run: SyncRun) -> list[tuple[Promise | str, int, Promise | str, str]]:
    """Why a run is held, most people first: what in words, how many, what may be the cause, and the reason's code."""
    removed = [
        (Reason(code).label, number, _cause(run, Reason(code)), code)
        for code, number in run.held.get("removed", {}).items()
    ]
    blanked = [
        (format_lazy(_("Loses the value: {field}"), field=LABELS[name]), number, BLANK_CAUSE, "")
        for name, number in run.held.get("blanked", {}).items()
    ]
    return sorted([*removed, *blanked], key=lambda line: -line[1])


def _cause(run: SyncRun, reason: Reason) -> Promise | str:
    queues = run.held.get("queues")
    if reason == Reason.QUEUE_OWNER and queues:
        return format_lazy(QUEUES_CAUSE, queues=", ".join(queues))
    return CAUSES.get(reason, "")


def kind_label(kind: str) -> Promise | str:
    """What becomes of a person, in words."""
    return ChangeKind(kind).label if kind in ChangeKind.values else LEFT_OUT_LABEL


def reason_label(code: str) -> Promise | str:
    """A stored reason in words; nothing for none."""
    return Reason(code).label if code in Reason.values else code


SHOWN: dict[Reason, tuple[Kind, ...]] = {
    Reason.NOT_SHOWN_BY_SALESFORCE: SYNCED,
    Reason.NOT_SHOWN_BY_MARKETO: (Kind.PERSON,),
}
ALL_SHOWN = tuple(SHOWN.values())


def unseen(run: SyncRun) -> list[Problem]:
    """Why people were not shown to a run that kept them, and the right that cures it."""
    return problems_of(run.visibility, [kinds for reason, kinds in SHOWN.items() if reason in run.kept])


def problems_of(visibility: dict[str, Any], of: Collection[Collection[Kind]] = ALL_SHOWN) -> list[Problem]:
    """What hides people, of what a look at both connections has found; `of` these kinds, together for a connection."""
    looks = [{kind.value: visibility[kind] for kind in kinds if kind in visibility} for kinds in of]
    problems = (Visibility.from_json(look).problem for look in looks if look)
    return [problem for problem in problems if problem]
