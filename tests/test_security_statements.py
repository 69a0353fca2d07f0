"""docs/security.md names every statement, and tests that name it back."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \|", re.MULTILINE)


def test_every_statement_has_its_line_and_its_tests() -> None:
    promised = re.findall(ROW, (ROOT / "docs/promises.md").read_text().partition("## Security and reliability")[2])
    lines = [line for line in (ROOT / "docs/security.md").read_text().splitlines() if ROW.match(line)]
    assert [line.split()[1] for line in lines] == promised
    untold = [
        f"{number}: {name}"
        for number, line in zip(promised, lines, strict=True)
        for name in re.findall(r"`(tests/[\w/]+\.py)`", line) or ["no test"]
        if not _names((ROOT / name), number)
    ]
    assert untold == []


def _names(test: Path, number: str) -> bool:
    told = re.findall(r"Security statements? (\d+)(?: and (\d+))?", test.read_text()) if test.is_file() else []
    return any(number in pair for pair in told)
