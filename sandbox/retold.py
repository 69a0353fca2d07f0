"""Answers changed on their way out into such as a company's Marketo or Salesforce gave, where no switch makes them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Message, Send

Change = Callable[[Any], Any]
SALESFORCE: Final = r"^/services/data/v[0-9.]+/(query|queryAll|tooling|composite|sobjects)\b"


@dataclass(frozen=True)
class Retelling:
    """Answers to calls whose path matches are changed; of JSON alone."""

    path: re.Pattern[str]
    change: Change


def _each(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Change every object of an answer, however deep it lies."""

    def changed(answer: Any) -> Any:
        if isinstance(answer, dict):
            change(answer)
        for inner in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ():
            changed(inner)
        return answer

    return changed


def _set(name: str, make: Callable[[Any], Any]) -> Change:
    """Another value wherever a name stands."""
    return _each(lambda found: found.update({name: make(found[name])}) if name in found else None)


def _in_form(form: str) -> Callable[[Any], Any]:
    """A time in a form whose digits are nines; ``another form`` is one that nobody knows."""

    def made(value: Any) -> str:
        digits = iter(re.sub(r"\D", "", str(value)) + "0" * len(form))
        return "".join(next(digits) if sign == "9" else sign for sign in form) if "9" in form else "the other day"

    return made


def _ending(end: str) -> Callable[[Any], Any]:
    """A time that ends so; one with Z has no fraction, and its seconds are given with the end."""
    return lambda value: (str(value)[: 20 - len(end)] if end.endswith("Z") else str(value)[: -len(end)]) + end


def _drop(name: str) -> Change:
    return _each(lambda found: found.pop(name, None))


def _without_zone_of_all(answer: Any) -> Any:
    return [zone for zone in answer if zone["id"] != 0]


def _other_admin(answer: Any) -> Any:
    return [role | {"id": role["id"] + 1_000} for role in answer]


# By the code of a question: where its answer comes from, and how an answer is made into the one that was told.
_RETOLD: Final[Mapping[str, tuple[str, Callable[[Any], Change | None]]]] = {
    "marketo_folder_form": (r"/folders\.json$", lambda form: _set("createdAt", _in_form(form))),
    "marketo_created_form": (r"/leads\.json$", lambda form: _set("createdAt", _in_form(form))),
    "marketo_soap_names": (r"/leads/describe\.json$", lambda has: None if has else _drop("soap")),
    "marketo_usage": (r"/stats/usage\.json$", lambda has: None if has else lambda answer: answer | {"result": []}),
    "marketo_admin_role": (r"/users/roles\.json$", lambda is_one: None if is_one else _other_admin),
    "marketo_all_zones": (r"/users/workspaces\.json$", lambda has: None if has else _without_zone_of_all),
    "salesforce_record_counts": (
        r"/limits/recordCount$",
        lambda number: lambda answer: {"sObjects": answer["sObjects"][:number]},
    ),
    "salesforce_lead_default": (SALESFORCE, lambda value: _set("DefaultLeadAccess", lambda _: value)),
    "salesforce_contact_default": (SALESFORCE, lambda value: _set("DefaultContactAccess", lambda _: value)),
    "salesforce_time_form": (SALESFORCE, lambda end: _set("SystemModstamp", _ending(end))),
    "salesforce_production": (SALESFORCE, lambda is_one: _set("IsSandbox", lambda _: not is_one)),
    "salesforce_packages": (
        SALESFORCE,
        lambda have: None if have else _set("SubscriberPackageVersion", lambda _: None),
    ),
    "salesforce_remote_sites": (SALESFORCE, lambda have: None if have else _set("IsActive", lambda _: None)),
}
CODES: Final = frozenset(_RETOLD)


def retelling_of(code: str, answer: Any) -> Retelling | None:
    """How the answer to a question is told again; None where the sandbox gives it anyway."""
    path, make = _RETOLD[code]
    change = make(answer)
    return Retelling(re.compile(path), change) if change else None


def retell(send: Send, changes: list[Change]) -> Send:
    """Hold an answer back until it is whole, and send it changed; one that is not JSON goes as it is."""
    head: Message = {}
    body = b""

    async def changed(message: Message) -> None:
        nonlocal head, body
        if message["type"] == "http.response.start":
            head = message
            return
        body += message.get("body", b"")
        if message.get("more_body"):
            return
        told = _told(body, changes)
        headers = [(name, value) for name, value in head["headers"] if name.lower() != b"content-length"]
        await send({**head, "headers": [*headers, (b"content-length", str(len(told)).encode())]})
        await send({"type": "http.response.body", "body": told})

    return changed


def _told(body: bytes, changes: list[Change]) -> bytes:
    try:
        answer = json.loads(body)
        for change in changes:
            answer = change(answer)
    except (ValueError, KeyError, TypeError, AttributeError):
        # No JSON, or an error of the service.
        return body
    return json.dumps(answer).encode()
