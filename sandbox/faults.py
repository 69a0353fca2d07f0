"""Faults that the control API asks for: which calls go wrong, how often and in what way."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

Number = TypeVar("Number", int, float)

KINDS: Final = (
    "status:NNN",
    "marketo:NNN",
    "reset",
    "stall",
    "truncate",
    "token_expired",
    "export:failed",
    "export:stuck",
    "export:cancelled",
    "export:bad_checksum",
    "export:bad_row",
)
_KIND: Final = re.compile(
    r"status:[45]\d\d|marketo:\d{3,4}|reset|stall|truncate|token_expired|export:(failed|stuck|cancelled|bad_checksum|bad_row)"
)


@dataclass
class Fault:
    """One rule. It strikes calls whose path matches: only the nth of them if ``nth`` is set, otherwise each with
    ``probability``, and at most ``count`` times (None: for ever)."""

    path: re.Pattern[str]
    kind: str
    count: int | None
    probability: float
    nth: int | None
    after_bytes: int | None
    dice: random.Random
    seen: int = field(default=0)
    struck: int = field(default=0)

    def strikes(self, path: str) -> bool:
        if not self.path.search(path) or (self.count is not None and self.struck >= self.count):
            return False
        self.seen += 1
        hit = self.seen == self.nth if self.nth else self.dice.random() < self.probability
        self.struck += hit
        return hit

    def as_dict(self) -> dict[str, Any]:
        return {
            "path": self.path.pattern,
            "kind": self.kind,
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
        if not _KIND.fullmatch(kind):
            raise ValueError(f"A fault needs a kind, one of {', '.join(KINDS)}; not {kind!r}.")
        count, nth, after_bytes = (_optional(body, name, int) for name in ("count", "nth", "after_bytes"))
        probability = _optional(body, "probability", float)
        fault = Fault(
            path=_pattern(str(body.get("path", ""))),
            kind=kind,
            count=1 if nth else count,
            probability=1.0 if probability is None else probability,
            nth=nth,
            after_bytes=after_bytes,
            dice=random.Random(str(body.get("seed", 0))),  # noqa: S311 (repeatable on purpose)
        )
        self.rules.append(fault)
        return fault

    def strike(self, path: str, *, on_export: bool = False) -> Fault | None:
        """The fault that hits this call. Those of a bulk export strike when it is enqueued, the others at any call."""
        rules = (rule for rule in self.rules if rule.kind.startswith("export:") == on_export)
        return next((rule for rule in rules if rule.strikes(path)), None)

    def clear(self) -> None:
        self.rules.clear()


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"The path {text!r} is not a regular expression: {error}.") from None


def _optional(body: dict[str, Any], name: str, read: Callable[[Any], Number]) -> Number | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} takes a number, not {value!r}.") from None
