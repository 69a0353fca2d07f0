"""Behaviour that can be changed while the sandbox runs."""

from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

T = TypeVar("T")


PARTITIONS: Final = ("Default", "EU", "Asia")
"""The names of Marketo's partitions, and of its workspaces."""


def _switch(text: str, *, default: T, choices: tuple[Any, ...] = ()) -> T:
    """``choices`` are the values it takes; those of a text may be joined by commas."""
    made: T = field(default=default, metadata={"text": text, "choices": choices})
    return made


def parts(text: str) -> list[str]:
    """What stands between the commas of a switch."""
    return [part.strip() for part in text.split(",") if part.strip()]


@dataclass
class Switches:
    """Every switch with its default, and a sentence about it; ``POST /_sandbox/switches`` sets them by name."""

    actions_enabled: bool = _switch("the Sales Insight Actions activity types exist in Marketo", default=True)
    salesforce_sync: bool = _switch("Marketo is synced with Salesforce (its sfdc fields are in describe)", default=True)
    export_seconds: float = _switch("how long a Marketo bulk export stays in Processing", default=1.0)
    export_status_seconds: float = _switch(
        "how often a Marketo bulk export's status is refreshed (the real one: 60)", default=0.0
    )
    token_seconds: float = _switch("life of a Marketo access token", default=3600.0)
    query_tokens: bool = _switch("Marketo's REST API takes the token as a query parameter, too", default=False)
    marketo_ip_allowlist: str = _switch(
        "addresses that may call Marketo, separated by commas (empty: all; error 603 otherwise)", default=""
    )
    updated_at_filter: bool = _switch("bulk exports accept the updatedAt filter (off: error 1035)", default=False)
    smart_list_filter: bool = _switch("bulk exports accept the smart list filters (off: error 1035)", default=False)
    hostile_rows: bool = _switch("bulk files hold NUL and bare carriage return characters", default=False)
    rate_limit: int = _switch("Marketo calls in any 20 seconds (error 606 beyond)", default=100)
    concurrency_limit: int = _switch("Marketo calls at a time (error 615 beyond)", default=10)
    daily_calls: int = _switch("Marketo calls a day (error 607 beyond)", default=50_000)
    count_refused: bool = _switch("calls refused with 606, 607 or 615 count as used, too", default=False)
    list_filter_members: int = _switch(
        "lists with so many members cannot filter activities (error 1003)", default=10_000
    )
    activity_ids: bool = _switch("Marketo activities have an integer id besides their GUID", default=True)
    linkedin_field: str = _switch(
        "REST name of the field with people's LinkedIn address; any other than linkedInProfileURL is a custom field "
        "(empty: there is none)",
        default="linkedInProfileURL",
    )
    hidden_fields: str = _switch(
        "REST names, separated by commas, of fields of people that are hidden from the API", default=""
    )
    salesforce_id_length: int = _switch(
        "characters of the Salesforce ids in Marketo's sfdc fields", default=18, choices=(18, 15)
    )
    owner_fields: bool = _switch("Marketo people have fields with their owner's name and address", default=False)
    ims_users: bool = _switch(
        "Marketo's users are Adobe identities: their user ids are GUIDs and only API-only users can be changed",
        default=False,
    )
    other_admin_roles: bool = _switch(
        "there are an administrator by another role than Admin, and an Admin of one workspace", default=False
    )
    export_megabytes: float = _switch("Marketo bulk export quota a day", default=500.0)
    api_partitions: str = _switch(
        "partitions whose people Marketo's REST API shows, separated by commas (empty: everybody, all in Default)",
        default="",
        choices=PARTITIONS,
    )
    folder_workspaces: str = _switch(
        "workspaces whose folders Marketo's asset API lists, separated by commas (empty: all)",
        default="",
        choices=PARTITIONS,
    )
    first_ids_gone: int = _switch(
        "so many of the lowest Marketo ids were deleted or merged long ago, in Salesforce too", default=0
    )
    ids_jump: bool = _switch("40 of every 1,000 Marketo ids were never given to anybody", default=False)
    bulk_seconds: float = _switch("how long a Salesforce bulk query job stays in progress", default=0.5)

    def texts(self) -> dict[str, str]:
        """What each switch means, by name."""
        return {item.name: item.metadata["text"] for item in fields(self)}

    def set(self, values: dict[str, Any]) -> None:
        """Set switches by name, all or none; text is read as the switch's own type. ValueError says what is wrong."""
        known = {item.name: item for item in fields(self)}
        read = {name: _read(name, value, known) for name, value in values.items()}
        for name, value in read.items():
            setattr(self, name, value)


def _read(name: str, value: Any, known: dict[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"There is no switch named {name}. Known switches: {', '.join(known)}.")
    kind = type(known[name].default)
    if kind is bool:
        return _read_bool(name, value)
    try:
        read = kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"The switch {name} takes a number, not {value!r}.") from None
    _check_choices(name, read, known[name].metadata["choices"])
    return read


def _check_choices(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    given = parts(value) if isinstance(value, str) else [value]
    if choices and not set(given) <= set(choices):
        raise ValueError(f"The switch {name} takes {', '.join(map(str, choices))}; not {value!r}.")


def _read_bool(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"The switch {name} takes true or false, not {value!r}.")
    return text == "true"
