"""Time zones by the names that places have now."""

from functools import cache
from pathlib import Path
from zoneinfo import TZPATH, available_timezones


@cache
def time_zone_choices() -> list[tuple[str, str]]:
    """Every place of the system's time zone database by its present name, and UTC."""
    return [(zone, readable(zone)) for zone in sorted({*_places(), "UTC"} & available_timezones())]


def readable(zone: str) -> str:
    """A zone as people read it."""
    return zone.replace("_", " ")


@cache
def present_name(zone: str) -> str:
    """
    The choice that a zone of a browser is, or empty for an invented one.

    Chromium tells former names, such as Asia/Calcutta: the database keeps them with the same contents.
    """
    if zone not in available_timezones():
        return ""
    names = [name for name, _readable in time_zone_choices()]
    return zone if zone in names else next((name for name in names if _contents(name) == _contents(zone)), "")


def _places() -> set[str]:
    """The third column of zone.tab, which has no former names; where the system lacks this file, all names."""
    tables = [table for folder in TZPATH if (table := Path(folder) / "zone.tab").exists()]
    if not tables:
        return available_timezones()
    lines = tables[0].read_text().splitlines()
    return {line.split("\t")[2] for line in lines if not line.startswith("#")}


def _contents(zone: str) -> bytes | None:
    files = (Path(folder) / zone for folder in TZPATH)
    return next((file.read_bytes() for file in files if file.is_file()), None)
