"""Behaviour that can be changed while the sandbox runs."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    """Every switch with its default; ``POST /_sandbox/switches`` sets them by name.

    actions_enabled: the Sales Insight Actions activity types exist in Marketo.
    salesforce_sync: Marketo is synced with Salesforce (its sfdc fields are in describe).
    export_seconds: how long a Marketo bulk export stays in Processing.
    export_status_seconds: how often a Marketo bulk export's status is refreshed (the real one: 60).
    token_seconds: life of a Marketo access token.
    query_tokens: Marketo's REST API takes the token as a query parameter, too.
    marketo_ip_allowlist: addresses that may call Marketo, separated by commas (empty: all; error 603 otherwise).
    updated_at_filter: bulk exports accept the updatedAt filter (off: error 1035).
    smart_list_filter: bulk exports accept the smart list filters (off: error 1035).
    hostile_rows: bulk files hold NUL and bare carriage return characters.
    rate_limit: Marketo calls in any 20 seconds (error 606 beyond).
    concurrency_limit: Marketo calls at a time (error 615 beyond).
    daily_calls: Marketo calls a day (error 607 beyond).
    count_refused: calls refused with 606, 607 or 615 count as used, too.
    list_filter_members: lists with so many members cannot filter activities (error 1003).
    activity_ids: Marketo activities have an integer id besides their GUID.
    owner_fields: Marketo people have fields with their owner's name and address.
    ims_users: Marketo's users are Adobe identities: their user ids are GUIDs and only API-only users can be changed.
    export_megabytes: Marketo bulk export quota a day.
    bulk_seconds: how long a Salesforce bulk query job stays in progress.
    """

    actions_enabled: bool = True
    salesforce_sync: bool = True
    export_seconds: float = 1.0
    export_status_seconds: float = 0.0
    token_seconds: float = 3600.0
    query_tokens: bool = False
    marketo_ip_allowlist: str = ""
    updated_at_filter: bool = False
    smart_list_filter: bool = False
    hostile_rows: bool = False
    rate_limit: int = 100
    concurrency_limit: int = 10
    daily_calls: int = 50_000
    count_refused: bool = False
    list_filter_members: int = 10_000
    activity_ids: bool = True
    owner_fields: bool = False
    ims_users: bool = False
    export_megabytes: float = 500.0
    bulk_seconds: float = 0.5

    def set(self, values: dict[str, Any]) -> None:
        """Set switches by name, all or none; text is read as the switch's own type. ValueError says what is wrong."""
        known = {item.name: type(item.default) for item in fields(self)}
        read = {name: _read(name, value, known) for name, value in values.items()}
        for name, value in read.items():
            setattr(self, name, value)


def _read(name: str, value: Any, known: dict[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"There is no switch named {name}. Known switches: {', '.join(known)}.")
    if known[name] is bool:
        return _read_bool(name, value)
    try:
        return known[name](value)
    except (TypeError, ValueError):
        raise ValueError(f"The switch {name} takes a number, not {value!r}.") from None


def _read_bool(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"The switch {name} takes true or false, not {value!r}.")
    return text == "true"
