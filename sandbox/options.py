"""The command line, and the TOML file that can stand in for it."""

import argparse
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.settings import Settings

_HELP = {
    "people": "number of seeded people",
    "seed": "same seed, same bytes",
    "epoch": "day before which all seeded people were created, as YYYY-MM-DD (default: today)",
    "munchkin_id": "id of the Marketo instance",
    "client_id": "client id of the Marketo custom service",
    "client_secret": "its secret",
    "salesforce_user": "user name of the Salesforce administrator",
    "salesforce_password": "that user's password",
    "consumer_key": "consumer key of the Salesforce connected app",
    "consumer_secret": "its secret",
}


@dataclass(frozen=True)
class Options:
    """The seeded world and the listeners to open. A port of None means no listener, 0 any free port."""

    settings: Settings
    port: int
    https_port: int | None
    smtp_port: int | None
    ca_file: Path | None


def read_options(arguments: list[str]) -> Options:
    """Flags win over the TOML file, the file over the defaults. Ends the process with a sentence on bad input."""
    parser = _parser()
    config = parser.parse_args(arguments).config
    if config is not None:
        parser.set_defaults(**_read_config(parser, config))
    given = parser.parse_args(arguments)
    settings = Settings(**{item.name: getattr(given, item.name) for item in fields(Settings)})
    if settings.people < 1:
        parser.error("--people must be at least 1.")
    return Options(settings, given.port, given.https_port, given.smtp_port, given.ca_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local Marketo instance and Salesforce org in one server."
    )
    parser.add_argument("--port", type=int, default=0, help="http port on 127.0.0.1 (0: any free one, the default)")
    parser.add_argument("--https-port", type=int, help="also serve https on this port (0: any free one)")
    parser.add_argument(
        "--ca-file", type=Path, help="write the certificate authority of the https port to this PEM file"
    )
    parser.add_argument(
        "--smtp-port", type=int, help="also accept mail on this port, into the mailbox (0: any free one)"
    )
    parser.add_argument("--config", type=Path, help="TOML file with the same names, dashes as underscores")
    defaults = Settings()
    for item in fields(Settings):
        default = getattr(defaults, item.name)
        read = date.fromisoformat if item.name == "epoch" else type(default)
        text = f"{_HELP[item.name]}" + ("" if item.name == "epoch" else f" (default: {default})")
        parser.add_argument("--" + item.name.replace("_", "-"), type=read, default=default, help=text)
    return parser


def _read_config(parser: argparse.ArgumentParser, path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        parser.error(f"The file {path} cannot be used: {error}")
    known = set(vars(parser.parse_args([]))) - {"config"}
    if unknown := values.keys() - known:
        parser.error(
            f"The file {path} has unknown names: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(known))}."
        )
    # As text, so that values of the file are read the way flags are.
    return {name: str(value) for name, value in values.items()}
