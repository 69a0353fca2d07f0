"""The command line, and the TOML file that can stand in for it."""

import argparse
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.companies import COMPANIES
from sandbox.marketo import permissions
from sandbox.settings import API_USER, ApiClient, Settings, today
from sandbox.state_file import StateRefusedError, kept_epoch

_HELP = {
    "company": "what the company is like: untidy, as large and old ones are, or tidy",
    "people": "number of seeded people",
    "seed": "same seed, same bytes",
    "days": "over how many days their creation is spread",
    "epoch": "day before which all seeded people were created, YYYY-MM-DD (default: as in the --state file, or today)",
    "munchkin_id": "id of the Marketo instance",
    "client_id": "client id of the Marketo custom service",
    "client_secret": "its secret",
    "salesforce_user": "user name of the Salesforce administrator",
    "salesforce_password": "that user's password",
    "org_number": "number from which the Salesforce org's id is made: two sandboxes with two numbers are two orgs",
    "org_name": "name of the org",
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
    state: Path | None
    probe: Path | None


def read_options(arguments: list[str]) -> Options:
    """Flags win over the TOML file, the file over the defaults. Ends the process with a sentence on bad input."""
    parser = _parser()
    config = parser.parse_args(arguments).config
    if config is not None:
        parser.set_defaults(**_read_config(parser, config))
    given = parser.parse_args(arguments)
    values = {item.name: getattr(given, item.name) for item in fields(Settings)}
    settings = Settings(**values | {"epoch": _epoch(parser, given)})
    if settings.company not in COMPANIES:
        parser.error(f"--company must be one of {', '.join(COMPANIES)}.")
    if settings.people < 1:
        parser.error("--people must be at least 1.")
    if settings.days < 1:
        parser.error("--days must be at least 1.")
    return Options(settings, given.port, given.https_port, given.smtp_port, given.ca_file, given.state, given.probe)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local Marketo instance and Salesforce org in one server."
    )
    parser.add_argument("--port", type=int, default=0, help="http port on 127.0.0.1 (0: any free one, the default)")
    parser.add_argument("--https-port", type=int, help="also serve https on this port (0: any free one)")
    parser.add_argument(
        "--ca-file", type=Path, help="write the certificate authority of https and of tunnels to this PEM file"
    )
    parser.add_argument(
        "--smtp-port", type=int, help="also accept mail on this port, into the mailbox (0: any free one)"
    )
    parser.add_argument(
        "--state", type=Path, help="keep what changes in this JSON file, and go on from there at the next start"
    )
    parser.add_argument("--probe", type=Path, help="answer as the company of this report of manage.py probe does")
    parser.add_argument("--config", type=Path, help="TOML file with the same names, dashes as underscores")
    parser.set_defaults(more_clients=())
    defaults = Settings()
    for item in fields(Settings):
        if item.name == "more_clients":
            continue
        default = getattr(defaults, item.name)
        if item.name == "epoch":
            parser.add_argument("--epoch", type=date.fromisoformat, help=_HELP["epoch"])
            continue
        text = f"{_HELP[item.name]} (default: {default})"
        parser.add_argument("--" + item.name.replace("_", "-"), type=type(default), default=default, help=text)
    return parser


def _epoch(parser: argparse.ArgumentParser, given: argparse.Namespace) -> date:
    """The days of a kept world do not move on with the calendar."""
    try:
        kept = None if given.state is None else kept_epoch(given.state)
    except StateRefusedError as error:
        parser.error(str(error))
    epoch: date = given.epoch or kept or today()
    return epoch


def _read_config(parser: argparse.ArgumentParser, path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        parser.error(f"The file {path} cannot be used: {error}")
    clients = values.pop("marketo_clients", [])
    known = set(vars(parser.parse_args([]))) - {"config", "more_clients"}
    if unknown := values.keys() - known:
        parser.error(
            f"The file {path} has unknown names: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(known))}."
        )
    # As text, so that values of the file are read the way flags are.
    return {name: str(value) for name, value in values.items()} | {"more_clients": _clients(parser, path, clients)}


def _clients(parser: argparse.ArgumentParser, path: Path, tables: list[dict[str, Any]]) -> tuple[ApiClient, ...]:
    """The [[marketo_clients]] of a file: client_id, client_secret, and perhaps user and permissions."""
    try:
        return tuple(
            ApiClient(table["client_id"], table["client_secret"], table.get("user", API_USER), _permissions(table))
            for table in tables
        )
    except (KeyError, TypeError, ValueError) as error:
        parser.error(f"A [[marketo_clients]] table of {path} is wrong: {error}.")


def _permissions(table: dict[str, Any]) -> frozenset[str] | None:
    if "permissions" not in table:
        return None
    asked = frozenset(table["permissions"])
    if unknown := asked - permissions.ALL:
        raise ValueError(f"unknown permissions {sorted(unknown)}; known are {sorted(permissions.ALL)}")
    return asked
