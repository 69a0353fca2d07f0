"""The seven steps of the guide: each one's state follows from facts and is never stored."""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django_stubs_ext import StrOrPromise

from accounts.permissions import Permission
from connections.services.health import Health
from guide.setup_state import AccountState, SetupState, Viewer
from operations.progress import waiting_of
from problems.problem import Problem
from sync.models import SyncRun
from sync.statuses import RunStatus

TITLES = {
    1: gettext_lazy("Set up the Marketo Sales account"),
    2: gettext_lazy("Connect the Marketo Sales account to Salesforce"),
    3: gettext_lazy("Connect the Marketo Sales account to Marketo"),
    4: gettext_lazy("Initiate data sync from Marketo to the Marketo Sales account"),
    5: gettext_lazy("Invite users to MSI Actions"),
    6: gettext_lazy("Install/upgrade the MSI package in Salesforce"),
    7: gettext_lazy("Configure MSI Actions in Salesforce"),
}
# What stands under a step's number, where there is no room for its title.
SHORT_TITLES = {
    1: gettext_lazy("Set up the account"),
    2: gettext_lazy("Connect to Salesforce"),
    3: gettext_lazy("Connect to Marketo"),
    4: gettext_lazy("Initiate data sync"),
    5: gettext_lazy("Invite users"),
    6: gettext_lazy("Install/upgrade the package"),
    7: gettext_lazy("Configure MSI Actions"),
}
# What one does in a step, told where it is one's turn.
INTRODUCTIONS = {
    1: gettext_lazy("Choose a Marketo admin, who gets a mail."),
    2: gettext_lazy("Log in to Salesforce and allow access. Use a Salesforce user who may see all leads and contacts."),
    3: gettext_lazy("One click. You become the connection's owner."),
    4: gettext_lazy("You see the 13 fields first. Nothing starts before Start Sync."),
    5: gettext_lazy(
        "Press Actions, then Invite Users or Invite Users via CSV. Each person gets a mail with the button Get Started."
    ),
    6: gettext_lazy("Install the package in Salesforce. The page leads there, and checks what is installed."),
    7: gettext_lazy("Work through the checklist. Most items are checked automatically; tick the others yourself."),
}
MARKETO_ADMIN = gettext_lazy("Marketo admin")
SALESFORCE_ADMIN = gettext_lazy("Salesforce admin")
EITHER_ADMIN = gettext_lazy("Marketo or Salesforce admin")
# Runs that somebody stopped, or that nobody started in time: nothing has failed.
NOT_DONE = {
    RunStatus.CANCELLED: gettext_lazy("The last sync was cancelled and changed nothing."),
    RunStatus.DISCARDED: gettext_lazy("The last sync was discarded and changed nothing."),
}
# Steps for which a Salesforce admin can be asked by mail, each with all that the mail asks for.
ASKED_FOR = {2: (2,), 6: (6, 7), 7: (7,)}
# What is done in Salesforce.
PACKAGE_STEPS = (6, 7)


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    PROBLEM = "problem"
    NEXT = "next"
    TODO = "todo"


@dataclass(frozen=True)
class Action:
    """A button that leads to where the step is done; `switch_to` is the Marketo instance to choose on the way."""

    label: StrOrPromise
    url: str
    switch_to: int | None = None


@dataclass(frozen=True)
class Step:
    """A line of the Setup guide: how it stands, the fact that shows it, who has to act, and what the viewer can do."""

    number: int
    state: StepState
    fact: str
    who: StrOrPromise
    action: Action | None
    problem: Problem | None = None
    can_ask: bool = False
    # What a help link is made about, where the problem can be handed on.
    help_subject: str = ""
    # It was done before it had its problem: what was reached stays reached.
    was_done: bool = False
    # Somebody has begun it, and nothing is to be done but to wait.
    is_under_way: bool = False

    @property
    def title(self) -> StrOrPromise:
        return TITLES[self.number]

    @property
    def short_title(self) -> StrOrPromise:
        return SHORT_TITLES[self.number]

    @property
    def introduction(self) -> StrOrPromise:
        return INTRODUCTIONS[self.number]

    @property
    def is_reached(self) -> bool:
        return self.state == StepState.DONE or self.was_done


def steps_for(facts: SetupState) -> list[Step]:
    """The seven steps; the first open one that this person can do is marked as next."""
    steps = [
        _set_up_account(facts),
        _connect_salesforce(facts),
        _connect_marketo(facts),
        _sync(facts),
        _invite_users(facts),
        _install_package(facts),
        _configure_package(facts),
    ]
    open_steps = (step for step in steps if step.state == StepState.TODO and step.action)
    following = next((step for step in open_steps if not step.is_under_way), None)
    return [replace(step, state=StepState.NEXT) if step is following else step for step in steps]


def _set_up_account(facts: SetupState) -> Step:
    account = facts.account
    invitation = account.first_invitation if account else None
    original = account.account.original_user if account else None
    if original:
        fact = _("%(name)s accepted the invitation on %(date)s.") % {
            "name": original,
            "date": _day(invitation.accepted_at if invitation and invitation.accepted_at else original.joined_at),
        }
    elif invitation:
        fact = _("Invitation to %(email)s: %(state)s. It is accepted with the button Get Started in the mail.") % {
            "email": invitation.email,
            "state": invitation.state.label,
        }
    else:
        fact = _("Nobody has been invited yet.")
    state = StepState.DONE if original else StepState.TODO
    label = _("View") if invitation or original else _("Send Invite")
    is_under_way = bool(invitation and invitation.is_open and not original)
    return Step(1, state, fact, MARKETO_ADMIN, _marketo_page(facts.viewer, label), is_under_way=is_under_way)


def _connect_salesforce(facts: SetupState) -> Step:
    action = _page_for(facts.viewer, Permission.CONNECT_SALESFORCE, _("Connect"), "connections:salesforce")
    health = facts.account.salesforce if facts.account else None
    return _connection(2, facts, health, EITHER_ADMIN, action)


def _connect_marketo(facts: SetupState) -> Step:
    action = _page_for(facts.viewer, Permission.CONNECT_MARKETO, pgettext("Marketo", "Connect"), "connections:marketo")
    health = facts.account.marketo if facts.account else None
    return _connection(3, facts, health, MARKETO_ADMIN, action)


def _connection(
    number: int, facts: SetupState, health: Health | None, who: StrOrPromise, connect: Action | None
) -> Step:
    if not health or not facts.account or not facts.account.account.original_user:
        return Step(number, StepState.TODO, _("Needs the Sales account from step 1."), who, None)
    if health.problem:
        fix, subject = _relabel(connect, _("Fix")), _help_subject(facts.viewer, health)
        return Step(
            number, StepState.PROBLEM, health.fact, who, fix, health.problem, help_subject=subject, was_done=True
        )
    if health.is_good:
        return Step(number, StepState.DONE, health.fact, who, _relabel(connect, _("View")))
    if health.is_ended and facts.account.last_success:
        fact = " ".join([health.fact, _("Data sync stands still.")])
        can_ask = _can_ask(facts, number)
        return Step(number, StepState.PROBLEM, fact, who, connect, can_ask=can_ask, was_done=True)
    return Step(number, StepState.TODO, health.fact, who, connect, can_ask=_can_ask(facts, number))


def _help_subject(viewer: Viewer, health: Health) -> str:
    can_be_handed_on = bool(health.problem and health.problem.can_be_handed_on)
    return f"problem:{health.problem_code}" if can_be_handed_on and viewer.may(Permission.READ_DIAGNOSTICS) else ""


def _sync(facts: SetupState) -> Step:
    account = facts.account
    good, last = (account.last_success, account.last_full_run) if account else (None, None)
    if not account:
        return Step(4, StepState.TODO, _("Needs steps 2 and 3."), MARKETO_ADMIN, None)
    if account.stopped_run:
        return _decision(facts.viewer, account, account.stopped_run)
    if not (account.marketo.is_connected and account.salesforce.is_connected):
        return _unconnected_sync(facts.viewer, account)
    state = StepState.DONE if good else StepState.TODO
    if last and last.status == RunStatus.FAILED and not good:
        state = StepState.PROBLEM
    is_under_way = bool(last and not last.is_finished and not last.paused_at and not good)
    is_not_done = bool(last and last.status in NOT_DONE and not good)
    action = _sync_action(facts.viewer, None if is_not_done else last)
    return Step(4, state, _sync_fact(account), MARKETO_ADMIN, action, is_under_way=is_under_way)


def _unconnected_sync(viewer: Viewer, account: AccountState) -> Step:
    """People who are there stay there; only nothing new arrives."""
    missing = [number for number, health in ((2, account.salesforce), (3, account.marketo)) if not health.is_connected]
    needs = _("Needs steps 2 and 3.") if len(missing) == 2 else _("Needs step %(step)s.") % {"step": missing[0]}
    if not account.last_success:
        return Step(4, StepState.TODO, needs, MARKETO_ADMIN, None)
    fact = " ".join([_synced(account), _("Nothing new arrives until both connections work.")])
    return Step(4, StepState.DONE, fact, MARKETO_ADMIN, _sync_action(viewer, account.last_full_run))


def _decision(viewer: Viewer, account: AccountState, stopped: SyncRun) -> Step:
    good = account.last_success
    is_held = stopped.status == RunStatus.HELD
    waits = (
        _("A data sync is held: it would remove or empty many people. Nothing has changed; an Admin decides.")
        if is_held
        else _("A dry run is waiting. Open it to start the sync.")
    )
    fact = " ".join([_synced(account), waits]).strip()
    action = _relabel(_sync_action(viewer, stopped), _("Decide") if is_held else _("View"))
    state = StepState.PROBLEM if is_held else StepState.DONE if good else StepState.TODO
    return Step(4, state, fact, MARKETO_ADMIN, action, was_done=good is not None)


def _sync_fact(account: AccountState) -> str:
    good, last = account.last_success, account.last_full_run
    if last and not last.is_finished:
        return _("The data sync is paused.") if last.paused_at else _running_fact(last)
    if good and last and last.status == RunStatus.FAILED and _ended_after(last, good):
        return " ".join([_synced(account), _("A later sync failed and changed nothing.")])
    if good:
        return _synced(account)
    if last:
        failed = _("The last data sync failed and changed nothing. Its page says why.")
        return str(NOT_DONE.get(RunStatus(last.status), failed))
    return _("Both connections work; nothing has been copied yet.")


def _ended_after(one: SyncRun, other: SyncRun) -> bool:
    """A run that was held may end after others that began later."""
    return bool(one.finished_at and other.finished_at and one.finished_at > other.finished_at)


def _running_fact(run: SyncRun) -> str:
    waiting = waiting_of(run)
    return f"{waiting.reason} {waiting.goes_on}" if waiting else _("The data sync is running.")


def _synced(account: AccountState) -> str:
    """How many people there are now, and when both systems were read; empty before the first sync."""
    good, read = account.last_success, account.last_sync
    if not good or not read:
        return ""
    return _("%(people)s people in the Sales account; last sync %(date)s.") % {
        "people": intcomma(good.people),
        "date": _day(read.finished_at),
    }


def _sync_action(viewer: Viewer, last: SyncRun | None) -> Action | None:
    if last:
        is_watcher = viewer.is_marketo_admin or viewer.may(Permission.CONTROL_RUNS)
        return Action(_("View"), last.get_absolute_url()) if is_watcher else None
    return _marketo_page(viewer, _("Sync"), "sync:preview")


def _invite_users(facts: SetupState) -> Step:
    account = facts.account
    if not account or not account.account.original_user:
        return Step(5, StepState.TODO, _("Needs the Sales account from step 1."), MARKETO_ADMIN, None)
    action = _page_for(facts.viewer, Permission.MANAGE_USERS, _("Invite users"), "members:users")
    # The first is who set the account up; whoever was asked for the steps in Salesforce is no user of MSI Actions.
    state = StepState.DONE if account.users > 1 else StepState.TODO
    return Step(5, state, _seats(account), MARKETO_ADMIN, action)


def _seats(account: AccountState) -> str:
    seats = {"taken": account.seats.taken, "seats": account.seats.total}
    waiting = account.seats.waiting
    if not waiting:
        return _("%(taken)s of %(seats)s seats taken.") % seats
    fact = ngettext(
        "%(taken)s of %(seats)s seats taken, %(waiting)s of them by an open invitation.",
        "%(taken)s of %(seats)s seats taken, %(waiting)s of them by open invitations.",
        waiting,
    )
    return fact % (seats | {"waiting": waiting})


def _install_package(facts: SetupState) -> Step:
    package = facts.account.package if facts.account else None
    state = StepState.DONE if package and package.is_installed else StepState.TODO
    step = _package(6, facts, state, _("Open the package page"))
    if package and package.problem and step.action:
        return replace(step, state=StepState.PROBLEM, problem=package.problem)
    return step


def _configure_package(facts: SetupState) -> Step:
    package = facts.account.package if facts.account else None
    state = StepState.DONE if package and package.is_configured else StepState.TODO
    step = _package(7, facts, state, _("Open checklist"))
    # Until step 6 is done, whoever asks for that asks for both.
    return replace(step, can_ask=step.can_ask and package is not None and package.is_installed)


def _package(number: int, facts: SetupState, state: StepState, label: str) -> Step:
    account = facts.account
    if not account or not (account.package.connection or account.package.check):
        fact = _("Needs the connection from step 2.")
        return Step(number, StepState.TODO, fact, SALESFORCE_ADMIN, None)
    fact = account.package.install_fact if number == 6 else account.package.configure_fact
    if not account.package.connection:
        return Step(number, state, _("Last seen: %(fact)s") % {"fact": fact}, SALESFORCE_ADMIN, None)
    action = _page_for(facts.viewer, Permission.CONFIGURE_PACKAGE, label, "salesforce_package:package")
    can_ask = state != StepState.DONE and _can_ask(facts, number)
    was_done = account.package.was_done(number)
    if state != StepState.DONE and was_done:
        state = StepState.PROBLEM
    return Step(number, state, fact, SALESFORCE_ADMIN, action, can_ask=can_ask, was_done=was_done)


def _can_ask(facts: SetupState, number: int) -> bool:
    return facts.viewer.may(Permission.ASK_SALESFORCE_ADMIN) and number in ASKED_FOR


def _page_for(viewer: Viewer, permission: Permission, label: str, page: str) -> Action | None:
    return Action(label, reverse(page)) if viewer.may(permission) else None


def _relabel(action: Action | None, label: str) -> Action | None:
    return replace(action, label=label) if action else None


def _marketo_page(viewer: Viewer, label: str, page: str = "guide:actions_config") -> Action | None:
    if not viewer.is_marketo_admin:
        return None
    # Choosing an instance leads to Actions Config, which has everything.
    return Action(label, reverse("guide:switch_instance" if viewer.switch_to else page), viewer.switch_to)


def _day(moment: object) -> str:
    return date_format(localtime(moment), "DATE_FORMAT")  # type: ignore[arg-type]
