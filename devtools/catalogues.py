"""Translations: `python -m devtools.catalogues compile | collect | check`.

Compiling uses polib, so that running the console needs no gettext; collecting texts needs its program xgettext.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ["sv"]
IGNORED = ("node_modules", ".venv", "var", "sandbox", "tests")
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "npgettext"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.catalogues", description=__doc__)
    parser.add_argument("command", choices=["compile", "collect", "check"])
    command = parser.parse_args().command
    if command == "compile":
        compile_all()
        return 0
    if not shutil.which("xgettext"):
        sys.stderr.write("Texts were not collected: xgettext is missing (Debian: apt-get install gettext).\n")
        return int(os.environ.get("CI") == "true")
    return check() if command == "check" else collect()


def catalogue(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def compile_all() -> None:
    """Write the .mo file beside every .po file."""
    for language in LANGUAGES:
        path = catalogue(language)
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def collect() -> int:
    """Bring every catalogue up to date with the sources; returns 0."""
    for language in LANGUAGES:
        catalogue(language).parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(ROOT / "manage.py"), "makemessages", "--locale", language, "--no-location"]
        ignored = [f"--ignore={folder}" for folder in IGNORED]
        # The settings want addresses; collecting texts opens none of them.
        environment = {**os.environ, "DATABASE_URL": "postgresql:///unused", "REDIS_URL": "redis://unused"}
        subprocess.run([*command, "--no-obsolete", "--no-wrap", *ignored], check=True, cwd=ROOT, env=environment)
    return 0


def check() -> int:
    """Return 1, saying why, when a text is missing from a catalogue, not translated, or only guessed."""
    problems = [f"{path}:{line}: xgettext sees no text inside an f-string" for path, line in _unseen()]
    for language in LANGUAGES:
        path = catalogue(language)
        committed = path.read_bytes()
        known = {entry.msgid for entry in polib.pofile(str(path))}
        collect()
        fresh = polib.pofile(str(path))
        path.write_bytes(committed)
        problems += [f"{language}: not in the catalogue: {e.msgid!r}" for e in fresh if e.msgid not in known]
        problems += [f"{language}: not translated: {e.msgid!r}" for e in fresh.untranslated_entries()]
        problems += [f"{language}: only guessed: {e.msgid!r}" for e in fresh.fuzzy_entries()]
        problems += _refused(path)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


def _unseen() -> Iterator[tuple[str, int]]:
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        if relative.parts[0] not in IGNORED:
            yield from ((str(relative), line) for line in lines_unseen(path.read_text()))


def lines_unseen(source: str) -> list[int]:
    """The lines with a text to be translated inside an f-string, which is never collected."""
    formatted = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    return [call.lineno for node in formatted for call in ast.walk(node) if _is_gettext(call)]


def _is_gettext(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT


def _refused(path: Path) -> list[str]:
    """What gettext's own compiler finds wrong, placeholders above all."""
    command = ["msgfmt", "--check-format", "--output-file", os.devnull, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()


if __name__ == "__main__":
    sys.exit(main())
