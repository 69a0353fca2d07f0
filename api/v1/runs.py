"""Runs of the data sync."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext
from ninja import Query, Router, Schema
from pydantic import Field

from api.scopes import Scope
from api.v1.answers import ChosenSlug, Explained, Key, answers
from api.v1.auth import ApiRequest, Token, account_of, is_of_accounts
from api.v1.paging import Page, PageParams, page_of
from api.v1.times import Moment
from sync.events import ANSWER
from sync.messages import failure_of
from sync.models import Extract, RunKind, Source, SyncRun
from sync.querysets import SyncRunQuerySet
from sync.statuses import ExtractStatus, RunStatus

router = Router(auth=Token(Scope.RUNS), tags=["runs"])


class Run(Schema):
    """One pass over an account's people. Numbers are people, unless they say something else."""

    run: int
    account: str
    kind: RunKind
    status: RunStatus
    is_paused: bool
    is_waiting: Annotated[bool, Field(description="Something outside keeps it; it goes on by itself.")]
    is_dry_run: bool
    failure: Annotated[str | None, Field(description="Why it failed, as a code.")]
    seen: Annotated[int, Field(description="Read from Marketo.")]
    added: int
    updated: int
    removed: int
    rejected: Annotated[int, Field(description="Rows that could not be read.")]
    people: Annotated[int, Field(description="In the copy when it ended.")]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: Annotated[int | None, Field(description="From the first step to the end; null until then.")]
    url: Annotated[str, Field(description="Its page in the console.")]


class Step(Schema):
    """What a run reads from one source."""

    source: Source
    status: ExtractStatus
    waiting_reason: str | None
    rows_expected: int | None
    rows_loaded: int
    rows_rejected: int


class RunWithSteps(Run):
    """One run, with what it reads and what became of the people."""

    problem: Annotated[Explained | None, Field(description="Why it failed, in words.")]
    skipped: Annotated[dict[str, int], Field(description="People who do not belong in the copy, by reason.")]
    kept: Annotated[dict[str, int], Field(description="People who stayed although unconfirmed, by reason.")]
    undoes: Annotated[int | None, Field(description="The run that it takes back.")]
    marketo_calls: int
    salesforce_calls: int
    steps: list[Step]


class RunFilter(PageParams):
    """Which runs are asked for."""

    account: ChosenSlug = None
    status: RunStatus | None = None
    kind: RunKind | None = None
    created_after: Annotated[Moment | None, Field(description="Such as 2026-11-29T06:00:00Z.")] = None


@router.get("", response=answers(Page[Run]), operation_id="listRuns", summary="Runs")
def runs(request: ApiRequest, chosen: Query[RunFilter]) -> dict[str, Any]:
    """The runs of the token's accounts, the newest first."""
    return page_of(request, _chosen(request, chosen).with_waiting().select_related("account"), chosen, _items)


@router.get("/{int:run}", response=answers(RunWithSteps), operation_id="getRun", summary="One run")
def run(request: ApiRequest, run: Key) -> dict[str, Any]:
    """One run with its steps."""
    this = _watched(request).with_waiting().select_related("account").filter(pk=run).first()
    if this is None:
        raise Http404
    steps = list(Extract.objects.of_run(this))
    return {
        **_item(this),
        "problem": _problem(this) if this.failure else None,
        "skipped": this.skipped,
        "kept": this.kept,
        "undoes": this.undoes_id,
        **this.calls(),
        "steps": [_step(step) for step in steps],
    }


def _watched(request: ApiRequest) -> SyncRunQuerySet:
    return SyncRun.objects.filter(is_of_accounts(request))


def _chosen(request: ApiRequest, chosen: RunFilter) -> SyncRunQuerySet:
    # By its key, or the whole history may be read to join it.
    found = SyncRun.objects.for_account(account_of(request, chosen.account)) if chosen.account else _watched(request)
    if chosen.status:
        found = found.filter(status=chosen.status)
    if chosen.kind:
        found = found.filter(kind=chosen.kind)
    return found.filter(created_at__gt=chosen.created_after) if chosen.created_after else found


def _items(rows: Sequence[SyncRun]) -> list[dict[str, Any]]:
    return [_item(row) for row in rows]


def _item(run: SyncRun) -> dict[str, Any]:
    same = ("kind", "status", "is_waiting", "is_dry_run", "seen", "added", "updated", "removed", "rejected", "people")
    return {
        **{name: getattr(run, name) for name in (*same, "created_at", "started_at", "finished_at")},
        "run": run.pk,
        "account": run.account.slug,
        "is_paused": run.paused_at is not None and not run.is_finished,
        "failure": run.failure or None,
        "duration_seconds": int(run.duration.total_seconds()) if run.finished_at and run.duration else None,
        "url": settings.SITE_URL + run.get_absolute_url(),
    }


def _problem(run: SyncRun) -> dict[str, str]:
    # What a provider answered may name people: only the page of the run shows it.
    params = {**run.failure_params, ANSWER: gettext("see the page of the run")}
    found = failure_of(SyncRun(failure=run.failure, failure_params=params))
    return {"what": str(found.what), "todo": str(found.todo), "who": str(found.who)}


def _step(step: Extract) -> dict[str, Any]:
    same = ("source", "status", "rows_expected", "rows_loaded", "rows_rejected")
    return {**{name: getattr(step, name) for name in same}, "waiting_reason": step.waiting_reason or None}
