"""A report of `manage.py probe`: the sandbox answers as that company did, as far as it has a switch for it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.switches import Switches

ALL_OLD_IDS: Final = 300
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


def answer_as_in(switches: Switches, path: Path) -> None:
    """Set the switches of every question that was answered. Raises ProbeRefusedError."""
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))["questions"]
        answered = {one["code"]: one["answer"] for one in questions if one["verdict"] in ("same", "different")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProbeRefusedError(f"The file {path} is no report of a probe: {error}") from None
    for code, answer in answered.items():
        if code in SWITCHES:
            switches.set(SWITCHES[code](answer))
