"""The Setup guide as one person sees it: what is theirs, what is others', and the one thing to do now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from accounts.permissions import Permission
from guide.setup_state import SetupState, Viewer
from guide.steps import MARKETO_ADMIN, PACKAGE_STEPS, SALESFORCE_ADMIN, Step, StepState, steps_for
from problems import problem


@dataclass(frozen=True)
class Overview:
    """
    The seven steps for one person. `focus` is what they can do now; `mine` and `others` divide all steps by whose they
    are, `my_role` and `other_role` say who that is.
    """

    steps: Sequence[Step]
    mine: Sequence[Step]
    others: Sequence[Step]
    focus: Step | None
    my_role: StrOrPromise
    other_role: StrOrPromise

    @property
    def lanes(self) -> list[tuple[StrOrPromise, StrOrPromise, list[tuple[Step, bool]]]]:
        """Who, in which role, and their steps, each with whether the one before stands beside it."""
        lanes = [(_("You"), self.my_role, self.mine), (_("Others"), self.other_role, self.others)]
        return [(who, role, _joined(steps)) for who, role, steps in lanes if steps]

    @property
    def reached(self) -> int:
        return sum(step.is_reached for step in self.steps)

    @property
    def my_reached(self) -> int:
        return sum(step.is_reached for step in self.mine)

    @property
    def is_complete(self) -> bool:
        """What was reached stays reached, also while something is wrong with it."""
        return all(step.is_reached for step in self.steps)

    @property
    def first_problem(self) -> Step | None:
        return next((step for step in self.steps if step.state == StepState.PROBLEM), None)

    @property
    def focus_waits_for(self) -> str:
        return self.waits_for(self.focus) if self.focus else ""

    def waits_for(self, step: Step) -> str:
        """Who else must act about the step's problem, as a sentence; empty where it may be the person who looks."""
        who = step.problem.who if step.problem else None
        is_salesforce_side = who is problem.SALESFORCE_ADMIN or step.number in PACKAGE_STEPS
        if is_salesforce_side and self.my_role is not SALESFORCE_ADMIN:
            return _("Waiting for a Salesforce admin")
        if who is problem.MARKETO_ADMIN and self.my_role is not MARKETO_ADMIN:
            return _("Waiting for a Marketo admin")
        return _("Waiting for the operator of this console") if who is problem.OPERATOR else ""

    @property
    def is_focus_mine(self) -> bool:
        return self.focus in self.mine

    @property
    def my_other_steps(self) -> list[Step]:
        """What is left of the person's own beside the focus: the open ones first."""
        return sorted((step for step in self.mine if step is not self.focus), key=lambda step: step.is_reached)

    @property
    def lead(self) -> str:
        """How far it is and whose turn it is, in a sentence or two."""
        sentences = [
            ngettext("%(done)s of 7 steps is done.", "%(done)s of 7 steps are done.", self.reached)
            % {"done": self.reached}
        ]
        if self.focus and self.is_focus_mine:
            sentences.append(_("Your turn: step %(number)s.") % {"number": self.focus.number})
        elif self.focus:
            sentences.append(_("Your steps are done."))
        waiting = [str(step.number) for step in self.others if not step.is_reached]
        if waiting:
            sentences.append(
                ngettext("Waiting for others: step %(steps)s.", "Waiting for others: steps %(steps)s.", len(waiting))
                % {"steps": get_text_list(waiting, _("and"))}
            )
        return " ".join(sentences)


def overview_of(facts: SetupState) -> Overview:
    """What the Setup guide shows to the person of these facts."""
    steps, mine = steps_for(facts), _own_numbers(facts.viewer)
    is_salesforce_side = mine == _SALESFORCE_STEPS
    return Overview(
        steps=steps,
        mine=[step for step in steps if step.number in mine],
        others=[step for step in steps if step.number not in mine],
        focus=_focus(steps, mine),
        my_role=SALESFORCE_ADMIN if is_salesforce_side else MARKETO_ADMIN,
        other_role=MARKETO_ADMIN if is_salesforce_side else SALESFORCE_ADMIN if mine else EVERYBODY,
    )


def _joined(steps: Sequence[Step]) -> list[tuple[Step, bool]]:
    numbers = {step.number for step in steps}
    return [(step, step.number - 1 in numbers) for step in steps]


EVERYBODY = gettext_lazy("Marketo and Salesforce admins")
_MARKETO_STEPS, _SALESFORCE_STEPS = frozenset({1, 2, 3, 4, 5}), frozenset({2, 6, 7})


def _own_numbers(viewer: Viewer) -> frozenset[int]:
    if viewer.is_marketo_admin or viewer.may(Permission.CONNECT_MARKETO):
        return _MARKETO_STEPS
    return _SALESFORCE_STEPS if viewer.may(Permission.CONFIGURE_PACKAGE) else frozenset()


def _focus(steps: Sequence[Step], mine: frozenset[int]) -> Step | None:
    """Trouble first, then the next step; one's own before what one may do for others."""
    able = sorted(
        (step for step in steps if step.action and not step.is_under_way), key=lambda step: step.number not in mine
    )
    waiting = [StepState.PROBLEM, StepState.NEXT, StepState.TODO]
    found = [step for state in waiting for step in able if step.state == state]
    own = [step for step in found if step.number in mine]
    return next(iter([*own, *found]), None)
