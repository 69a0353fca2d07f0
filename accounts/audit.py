"""The audit trail in words."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent, LoginPolicy
from accounts.permissions import Role

# Values of details that a person should read in words; the last ones are allauth's names of ways to sign in.
LABELS = (
    dict(Role.choices)
    | dict(LoginPolicy.choices)
    | {
        "password": _("password"),
        "socialaccount": _("Salesforce"),
        "mfa": _("second factor"),
        "totp": _("authenticator app"),
        "recovery_codes": _("recovery codes"),
    }
)
# The details whose values are such names; a team may be called "all" and keeps its name.
NAMED = {"role", "before", "after", "methods", "kind"}
# The sentences of all actions, by their codes; the rooms bring them.
_SENTENCES: dict[str, str] = {}
Reading = Callable[[str], object]
# How the target or a detail reads that is kept as a code or in English, by its action's code and its name.
_READINGS: dict[str, Mapping[str, Reading]] = {}
Actions = TypeVar("Actions", bound=type[TextChoices])


def register(actions: Actions) -> Actions:
    """
    Take in what is done in a room: codes (`room.verb`), and sentences whose gaps an entry's target and details fill.

    For classes in the `audit_actions` of the rooms, which are found when the console starts. ValueError for a code that
    another room has.
    """
    # Lazy texts, whatever their type says.
    declared = {action.value: action.label for action in actions}
    if twice := declared.keys() & _SENTENCES.keys():
        raise ValueError(f"declared twice: {', '.join(sorted(twice))}")
    _SENTENCES.update(declared)
    return actions


def reads(*actions: TextChoices, **readings: Reading) -> None:
    """Tell the target or details of these actions in the reader's words: they are kept as codes, or in English."""
    _READINGS.update({str(action.value): readings for action in actions})


def sentence_of(event: AuditEvent) -> str:
    """What the person did, in the language of the reader."""
    readings = _READINGS.get(event.action, {})
    kept = {**event.details, "target": event.target}
    words = {name: _in_words(value, readings.get(name, _plain(name))) for name, value in kept.items()}
    values = defaultdict(str, words)
    # An entry of an older version may have an action that is recorded no longer.
    return str(_SENTENCES.get(event.action, event.action)) % values


def action_choices() -> list[tuple[str, str]]:
    """Every action, by its sentence without names."""
    gaps: defaultdict[str, str] = defaultdict(lambda: "…")
    choices = [(action, str(sentence) % gaps) for action, sentence in _SENTENCES.items()]
    return sorted(choices, key=lambda choice: choice[1])


def _plain(name: str) -> Reading:
    """How a detail reads of which no room says more."""
    return lambda value: LABELS.get(value, value) if name in NAMED else value


def _in_words(value: object, reading: Reading) -> str:
    if isinstance(value, list):
        return ", ".join(_in_words(part, reading) for part in value)
    return str(reading(value)) if isinstance(value, str) else str(value)
