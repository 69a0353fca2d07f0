"""The file that carries a sandbox over a restart: one JSON object, one line for each part of the world."""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from sandbox.people import Kind, Person
from sandbox.salesforce import saved_state
from sandbox.whole import Sandbox
from sandbox.world import Change, CustomField, World

SECONDS_BETWEEN_WRITES: Final = 1.0
SHARE_OF_TIME: Final = 0.02
"""Of the event loop's time, at most this goes into writing; a large state is written less often."""


class StateRefusedError(Exception):
    """The file cannot be used; the text is a sentence for the person who started the sandbox."""


def kept_epoch(path: Path) -> date | None:
    """The epoch of the world a file was written for; None when there is no file. Raises StateRefusedError."""
    if not path.exists():
        return None
    return date.fromisoformat(_read(path)["world"]["epoch"])


def load(sandbox: Sandbox, path: Path) -> None:
    """Bring a world to where the file left it, or make the file. Raises StateRefusedError."""
    if path.exists():
        _load(sandbox, path)
    try:
        write(path, dump(sandbox))
    except OSError as error:
        raise StateRefusedError(f"The state cannot be written to {path}: {error}. Choose another file.") from error


def _load(sandbox: Sandbox, path: Path) -> None:
    kept = _read(path)
    if kept["world"] != _seeds(sandbox.world):
        was, now = (
            ", ".join(f"{name} {value}" for name, value in seeds.items())
            for seeds in (kept["world"], _seeds(sandbox.world))
        )
        raise StateRefusedError(
            f"The state in {path} belongs to another world ({was}) than the one asked for ({now}). "
            "Start with those values, or delete the file to begin anew."
        )
    try:
        _restore(sandbox, kept)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, error) from error


def write(path: Path, text: str) -> None:
    """Replace the file as a whole, so that a reader or a crash never meets half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)


async def keep(sandbox: Sandbox, path: Path) -> None:
    """Write whatever changed, about once a second, until cancelled."""
    written, took = "", 0.0
    while True:
        await asyncio.sleep(max(SECONDS_BETWEEN_WRITES, took / SHARE_OF_TIME))
        started = time.perf_counter()
        text = dump(sandbox)
        if text != written and _try_to_write(path, text):
            written = text
        took = time.perf_counter() - started


def _try_to_write(path: Path, text: str) -> bool:
    try:
        write(path, text)
    except OSError as error:
        print(f"The state cannot be written to {path}: {error}. The sandbox goes on and tries again.", file=sys.stderr)
        return False
    return True


def dump(sandbox: Sandbox) -> str:
    """All that a person or a client changed, as JSON in ASCII. Faults and the list of calls are not kept."""
    world = sandbox.world
    parts = {
        "world": _seeds(sandbox.world),
        "clock": {"offset_seconds": world.clock.offset_seconds, "log_started": world.started},
        "switches": asdict(world.switches),
        "custom_fields": [asdict(item) for item in world.custom_fields],
        "people": [person._asdict() for person in world.stored_people()],
        "changes": [asdict(change) for change in world.changes],
        "mailbox": world.mailbox.dump(),
        "marketo": sandbox.marketo.dump(),
        "salesforce": saved_state.dump(sandbox.salesforce),
    }
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items()) + "\n}\n"


def _restore(sandbox: Sandbox, kept: dict[str, Any]) -> None:
    world = sandbox.world
    world.clock.advance(kept["clock"]["offset_seconds"])
    world.started = kept["clock"]["log_started"]
    world.switches.set(kept["switches"])
    world.custom_fields.extend(CustomField(**values) for values in kept["custom_fields"])
    for values in kept["people"]:
        world.store(Person(**{**values, "kind": Kind(values["kind"])}))
    # Files of version 1.0.0 number from 1 on, which is now what seeded people came by.
    first = world.settings.people + 1
    world.changes.extend(_change(values | {"number": number}) for number, values in enumerate(kept["changes"], first))
    world.mailbox.load(kept["mailbox"])
    sandbox.marketo.load(kept["marketo"])
    saved_state.load(sandbox.salesforce, kept["salesforce"])


def _change(values: dict[str, Any]) -> Change:
    lists = {name: tuple(map(tuple, values[name])) for name in ("fields", "attributes")}
    return Change(**{**values, **lists})


def _seeds(world: World) -> dict[str, Any]:
    settings = world.settings
    names = ("people", "seed", "days")
    return {name: getattr(settings, name) for name in names} | {"epoch": settings.epoch.isoformat()}


def _read(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        date.fromisoformat(kept["world"]["epoch"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, error) from error
    return kept


def _unreadable(path: Path, error: Exception) -> StateRefusedError:
    return StateRefusedError(
        f"The state in {path} cannot be read ({type(error).__name__}: {error}). "
        "Correct the file, or delete it to begin anew."
    )
