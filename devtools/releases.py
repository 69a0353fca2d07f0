"""
Migrations that were released and are never edited again: `python -m devtools.releases check | add VERSION`.

`devtools/released_migrations.txt` has a line for each: the version, the SHA-256 of the file and its path.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("released_migrations.txt")
Line = tuple[str, str, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.releases", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    commands.add_parser("add").add_argument("version")
    arguments = parser.parse_args()
    if arguments.command == "add":
        LIST.write_text("".join(f"{' '.join(line)}\n" for line in [*released(), *new_lines(arguments.version)]))
        return 0
    problems = list(check())
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


def released() -> list[Line]:
    """Version, hash and path of every released migration."""
    lines = LIST.read_text().splitlines() if LIST.exists() else []
    return [(version, digest, path) for version, digest, path in map(str.split, lines)]


def new_lines(version: str) -> Iterator[Line]:
    """Those that no release has had."""
    known = {path for _version, _digest, path in released()}
    for file in sorted(ROOT.glob("*/migrations/0*.py")):
        path = file.relative_to(ROOT).as_posix()
        if path not in known:
            yield version, digest_of(file), path


def check() -> Iterator[str]:
    """A sentence for every released migration that is no longer what it was."""
    for version, digest, path in released():
        if not (ROOT / path).exists():
            yield f"{path} was released with {version} and is gone. Bring it back; undo its changes in a new migration."
        elif digest_of(ROOT / path) != digest:
            yield f"{path} was released with {version} and was edited. Take that back; write a new migration instead."


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
