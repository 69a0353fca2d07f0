"""Faults that the control API asks for: which calls go wrong, how often and in what way."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sandbox import salesforce_faults

Number = TypeVar("Number", int, float)

KINDS: Final = (
    "status:NNN",
    "marketo:NNN",
    "reset",
    "stall",
    "truncate",
    "delay",
    "corrupt",
    "token_expired",
    "token_revoked",
    "export:failed",
    "export:stuck",
    "export:cancelled",
    "export:bad_checksum",
    "export:bad_row",
    "export:duplicate_rows",
    "export:shuffled_rows",
    "export:stale_rows",
    "export:missing_file",
    *salesforce_faults.KINDS,
)
_NUMBERED: Final = re.compile(r"status:[45]\d\d|marketo:\d{3,4}")
FAULT_KEY: Final = "sandbox.fault"
"""Where in a request's ASGI scope an injected fault is noted for the list of calls."""

DELAY_KEY: Final = "sandbox.delay"
"""Where in it the seconds are noted that a Marketo call takes, and for which it holds one of the concurrent places."""


@dataclass
class Fault:
    """One rule. It strikes calls whose path matches, of one API client if ``client_id`` is set: only the nth of them if
    ``nth`` is set, otherwise each with ``probability``, and at most ``count`` times (None: for ever). ``after_bytes``
    is where a body is cut, ``seconds`` how long an answer is delayed, ``message`` an error's text."""

    path: re.Pattern[str]
    kind: str
    count: int | None
    probability: float
    nth: int | None
    after_bytes: int | None
    client_id: str
    message: str
    seconds: float | None
    dice: random.Random
    seen: int = field(default=0)
    struck: int = field(default=0)

    def strikes(self, path: str, client_id: str) -> bool:
        if not self.path.search(path) or self.client_id not in {"", client_id}:
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        self.seen += 1
        hit = self.seen == self.nth if self.nth else self.dice.random() < self.probability
        self.struck += hit
        return hit

    def as_dict(self) -> dict[str, Any]:
        return {
            "path": self.path.pattern,
            "kind": self.kind,
            "client_id": self.client_id,
            "count": self.count,
            "seen": self.seen,
            "struck": self.struck,
        }


class Faults:
    """The rules in force, asked in the order they were added."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, body: dict[str, Any]) -> Fault:
        """Read a rule from a control call; ValueError says what is wrong with it."""
        kind = str(body.get("kind", ""))
        if kind not in KINDS and not _NUMBERED.fullmatch(kind):
            raise ValueError(f"A fault needs a kind, one of {', '.join(KINDS)}; not {kind!r}.")
        count, nth, after_bytes = (_optional(body, name, int) for name in ("count", "nth", "after_bytes"))
        probability, seconds = (_optional(body, name, float) for name in ("probability", "seconds"))
        fault = Fault(
            path=_pattern(str(body.get("path", ""))),
            kind=kind,
            count=1 if nth else count,
            probability=1.0 if probability is None else probability,
            nth=nth,
            after_bytes=after_bytes,
            client_id=str(body.get("client_id") or ""),
            message=str(body.get("message") or ""),
            seconds=seconds,
            dice=random.Random(str(body.get("seed", 0))),  # noqa: S311 (repeatable on purpose)
        )
        self.rules.append(fault)
        return fault

    def strike(self, path: str, client_id: str, *, on_export: bool = False) -> Fault | None:
        """The fault that hits this call of an API client (empty: none known). Those of a bulk export strike when it is
        enqueued, the others at any call."""
        rules = (rule for rule in self.rules if rule.kind.startswith("export:") == on_export)
        return next((rule for rule in rules if rule.strikes(path, client_id)), None)

    def clear(self) -> None:
        self.rules.clear()


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"The path {text!r} is not a regular expression: {error}.") from None


def _optional(body: dict[str, Any], name: str, read: Callable[[Any], Number]) -> Number | None:
    value = body.get(name)
    # A form sends an empty text for what was left out.
    if value is None or value == "":
        return None
    try:
        return read(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} takes a number, not {value!r}.") from None
