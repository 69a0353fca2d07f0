"""
A report of `manage.py probe`: the sandbox answers as that company did, as far as it has a switch for it or can change
its answers on their way out.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox import retold
from sandbox.marketo.types import TYPES
from sandbox.world import World

ALL_OLD_IDS: Final = 300
TYPE_NUMBER: Final = "marketo_activity_"
# By the code of a question: the switches that give its answer.
SWITCHES: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "marketo_linkedin": lambda has_it: {"linkedin_field": "linkedInProfileURL" if has_it else "linkedInURL__c"},
    "marketo_salesforce_fields": lambda are_there: {"salesforce_sync": are_there},
    "marketo_sfdc_length": lambda length: {"salesforce_id_length": 15 if length == 15 else 18},
    "marketo_activity_id": lambda has_it: {"activity_ids": has_it},
    "marketo_user_ids": lambda are_addresses: {"ims_users": not are_addresses},
    "marketo_first_ids": lambda are_used: {"first_ids_gone": 0 if are_used else ALL_OLD_IDS},
}


class ProbeRefusedError(Exception):
    """The file is no report of a probe; the message says why."""


def answer_as_in(world: World, path: Path) -> None:
    """Give the answers of every question that was answered. Raises ProbeRefusedError."""
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))["questions"]
        answered = {one["code"]: one["answer"] for one in questions if one["verdict"] in ("same", "different")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProbeRefusedError(f"The file {path} is no report of a probe: {error}") from None
    for code, answer in answered.items():
        if code in SWITCHES:
            world.switches.set(SWITCHES[code](answer))
        if code in retold.CODES and (told := retold.retelling_of(code, answer)):
            world.retellings.append(told)
    world.type_numbers = _type_numbers(answered)


def _type_numbers(answered: Mapping[str, Any]) -> dict[int, int]:
    """Numbers of types of activities that are others there; 0 says that there is no such type."""
    told = {number: answered.get(f"{TYPE_NUMBER}{number}") or number for number in TYPES}
    return {number: other for number, other in told.items() if other != number}
