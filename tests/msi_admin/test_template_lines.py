"""Templates are read in the same width as everything else; the formatter of Python does not look at them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDTH = 120
TAG = r"\{[%{#].*?[%}#]\}"
# White space inside these would change what the page says: there is no place to break.
WHOLE = re.compile(rf"""(?:"(?:{TAG}|[^"{{])*"|'[^'<>]*'|{TAG})""")


def test_no_line_of_a_template_is_wider_than_the_screen() -> None:
    paths = [path for folder in ("templates", "sandbox/templates") for path in sorted((ROOT / folder).rglob("*.html"))]
    lines = [(path, number, line) for path in paths for number, line in enumerate(path.read_text().splitlines(), 1)]
    wide = [f"{path}:{number}" for path, number, line in lines if len(line) > WIDTH and can_be_broken(line)]
    assert lines
    assert not wide


def test_a_line_is_broken_between_attributes_but_not_inside_one() -> None:
    assert can_be_broken('<a class="btn" href="/people/">')
    assert can_be_broken("{{ name }} and {{ role }}")
    assert not can_be_broken(
        """  aria-label="{% blocktranslate with name=user %}Role of {{ name }}{% endblocktranslate %}">"""
    )
    assert not can_be_broken("{% blocktranslate with who=user when=run.created_at trimmed %}")


def can_be_broken(line: str) -> bool:
    return " " in WHOLE.sub("x", line.strip())
