"""Behaviour that can be changed while the sandbox runs."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass
class Switches:
    """Every switch with its default; ``POST /_sandbox/switches`` sets them by name.

    actions_enabled: the Sales Insight Actions activity types exist in Marketo.
    salesforce_sync: Marketo is synced with Salesforce (its sfdc fields are in describe).
    export_seconds: how long a Marketo bulk export stays in Processing.
    token_seconds: life of a Marketo access token.
    updated_at_filter: bulk exports accept the updatedAt filter (off: error 1035).
    hostile_rows: bulk files hold NUL and bare carriage return characters.
    rate_limit: Marketo calls in any 20 seconds (error 606 beyond).
    concurrency_limit: Marketo calls at a time (error 615 beyond).
    daily_calls: Marketo calls a day (error 607 beyond).
    export_megabytes: Marketo bulk export quota a day.
    bulk_seconds: how long a Salesforce bulk query job stays in progress.
    """

    actions_enabled: bool = True
    salesforce_sync: bool = True
    export_seconds: float = 1.0
    token_seconds: float = 3600.0
    updated_at_filter: bool = False
    hostile_rows: bool = False
    rate_limit: int = 100
    concurrency_limit: int = 10
    daily_calls: int = 50_000
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
