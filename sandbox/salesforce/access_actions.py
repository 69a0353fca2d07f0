"""What an administrator decides about who sees what."""

from typing import Final

from sandbox.salesforce.action_bodies import Action, Body, number, text, texts, username_of
from sandbox.salesforce.org import Org, Sharing

SEEN: Final = ("all", "own", "team", "part")


def _set_sharing(org: Org, body: Body) -> None:
    """Which records a user sees: all, their own, those of a few owners, or a part in per cent."""
    username = username_of(org, body)
    org.sharing.pop(username, None)
    sees = text(body, "sees")
    if sees not in SEEN:
        raise ValueError(f"A user sees {', '.join(SEEN)}; not {sees}.")
    if sees == "part":
        org.sharing[username] = Sharing(percent=_percent(body))
    elif sees != "all":
        names = [username] if sees == "own" else texts(body, "owners")
        owners = tuple(str(org.user(username_of(org, {**body, "username": name}))["Id"]) for name in names)
        org.sharing[username] = Sharing(owners)


def _percent(body: Body) -> int:
    percent = number(body, "percent", 50)
    if percent > 100:
        raise ValueError(f"A part is at most 100 per cent, not {percent}.")
    return percent


ACCESS_ACTIONS: Final[dict[str, Action]] = {"set_sharing": _set_sharing}
