"""What is wrong once everything is set up: it stands on top of the status page, in words of its own."""

from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Permission
from connections.orgs import OrgMove
from guide.overview import Overview
from guide.setup_state import AccountState, Viewer
from guide.steps import PACKAGE_STEPS, Action, Step
from sync.models import SyncRun


@dataclass(frozen=True)
class Trouble:
    """One thing that somebody must see to; `waits_for` says who else must, `step` is what it is about, if it is one."""

    title: str
    action: Action | None
    text: str = ""
    waits_for: str = ""
    step: Step | None = None


def trouble_of(account: AccountState, overview: Overview, viewer: Viewer) -> Trouble | None:
    """A move first: it ends what else is wrong with the connection to the old org."""
    if account.offered_move:
        return _move(account.offered_move, viewer)
    step = overview.focus or overview.first_problem
    if step is None:
        return None
    title, text = step.fact, ""
    if step.problem:
        title, text = str(step.problem.what), str(step.problem.todo)
    elif account.stopped_run and step.number == 4:
        title = _held(account.stopped_run)
    elif step.number in PACKAGE_STEPS:
        title, text = _("Something in the Salesforce package has broken"), step.fact
    return Trouble(title, step.action, text, overview.waits_for(step), step)


def _move(move: OrgMove, viewer: Viewer) -> Trouble:
    title = _("A move to %(org)s waits for a decision") % {"org": move.org_name}
    label = _("Decide") if viewer.may(Permission.DECIDE_RUNS) else _("View")
    action = Action(label, reverse("guide:org_move")) if viewer.may(Permission.CONNECT_SALESFORCE) else None
    return Trouble(title, action)


def _held(run: SyncRun) -> str:
    people = sum(run.held.get("removed", {}).values())
    if not people:
        return _("Run %(run)s would empty fields of many people. Nothing has changed.") % {"run": run.pk}
    would = ngettext(
        "Run %(run)s would remove %(people)s person. Nothing has changed.",
        "Run %(run)s would remove %(people)s people. Nothing has changed.",
        people,
    )
    return would % {"run": run.pk, "people": intcomma(people)}
