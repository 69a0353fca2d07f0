"""What a question of the probe is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# Where an assumption comes from.
OBJECTS = "Salesforce, Object Reference"
REST_GUIDE = "Salesforce, REST API Developer Guide"
TOOLING = "Salesforce, Tooling API"
ADOBE = "Adobe, Marketo REST API documentation"
RECORDED = "recorded answers in public connectors"


class Verdict(StrEnum):
    """What an answer says of an assumption."""

    SAME = "same"
    DIFFERENT = "different"
    # There was nothing to look at.
    NONE_SEEN = "none seen"
    # The provider did not answer the question; why stands in place of the answer.
    REFUSED = "refused"
    NOT_CONNECTED = "not connected"


# Or NONE_SEEN.
Answer = bool | int | str


@dataclass(frozen=True)
class Question:
    """
    `ask` takes a client and gives the answer, NONE_SEEN where there was nothing to look at, or raises ApiError;
    `expected` is what this console assumes.
    """

    code: str
    assumption: str
    source: str
    ask: Callable[[Any], Answer]
    expected: Answer = True


def holds_of_each(seen: Iterable[bool]) -> Answer:
    """Of nothing everything would hold."""
    answers = list(seen)
    return all(answers) if answers else Verdict.NONE_SEEN
