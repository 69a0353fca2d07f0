"""What a question of the probe is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Answer = bool | int | str
# Where an assumption comes from.
OBJECTS = "Salesforce, Object Reference"
REST_GUIDE = "Salesforce, REST API Developer Guide"
TOOLING = "Salesforce, Tooling API"
ADOBE = "Adobe, Marketo REST API documentation"
RECORDED = "recorded answers in public connectors"


@dataclass(frozen=True)
class Question:
    """`ask` takes a client and gives the answer, or raises ApiError; `expected` is what this console assumes."""

    code: str
    assumption: str
    source: str
    ask: Callable[[Any], Answer]
    expected: Answer = True
