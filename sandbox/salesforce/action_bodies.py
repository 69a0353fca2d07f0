"""Reading what a body of the control API or a form of a Setup page says. ValueError is a sentence for its sender."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.records import PROFILES
from sandbox.salesforce.objects import OBJECTS
from sandbox.salesforce.org import Org

Body = Mapping[str, Any]
Action = Callable[[Org, Body], None]


def text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"The action {body['action']} needs a text {name!r}.")
    return value.strip()


def number(body: Body, name: str, default: int) -> int:
    """A whole number, from JSON or from a form; the default when it is not said."""
    text = str(body.get(name, default)) or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name!r} must be a whole number, not {body[name]!r}.")
    return int(text)


def texts(body: Body, name: str) -> list[str]:
    """A list of texts, from JSON or from the lines of a form's text area."""
    given = body.get(name)
    values = given.splitlines() if isinstance(given, str) else given
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name!r} must be a list of texts, not {given!r}.")
    return [value.strip() for value in values if value.strip()]


def flag(body: Body, name: str) -> bool:
    """A yes or no, from JSON or from a form; yes when it is not said."""
    text = str(body.get(name, True)).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"{name!r} must be true or false, not {body[name]!r}.")
    return text == "true"


def object_name(body: Body) -> str:
    name = text(body, "object")
    if name.lower() not in OBJECTS:
        raise ValueError(f"There is no object {name} in this org.")
    return OBJECTS[name.lower()].name


def profile_named(body: Body) -> str:
    name = text(body, "profile")
    if name not in PROFILES:
        raise ValueError(f"There is no profile {name}. The profiles are {', '.join(PROFILES)}.")
    return name


def username_of(org: Org, body: Body) -> str:
    user = org.find_user(text(body, "username"))
    if user is None:
        raise ValueError(f"There is no user {body['username']} in this org.")
    return str(user["Username"])
