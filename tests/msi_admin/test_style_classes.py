"""Styles and templates know the same classes: no rule is left over, no page uses what has been replaced."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = "\n".join(path.read_text() for path in sorted((ROOT / "templates").rglob("*.html")))
SCRIPTS = " ".join(path.read_text() for path in sorted((ROOT / "static/js").glob("*.js")))
ROOMS = [path for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name not in {"tests", "sandbox"}]
PYTHON = "\n".join(path.read_text() for room in ROOMS for path in sorted(room.rglob("*.py")))
WORDS = set(re.findall(r"[a-z][\w-]*", SCRIPTS + PYTHON))
# Tabler's, for which the console has components of its own.
REPLACED = re.compile(
    r"card-\w+|table(-(stack|responsive|sm|vcenter))?|list-group(-\w+)*|dropdown(-\w+)*|form-(hint|check)|btn-outline-\w+|badge|alert(-\w+)?"
    r"|row|col(-\w+)*|breadcrumb(-\w+)?|empty(-\w+)?|status(-\w+)?|progress(-\w+)?|is-invalid|invalid-feedback|modal"
)


def ours() -> set[str]:
    """Classes that our style sheets have rules for."""
    text = "\n".join(path.read_text() for path in (ROOT / "static/css").glob("*.css"))
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", text, flags=re.DOTALL)
    return {name for rule in re.findall(r"([^{}]+)\{", text) for name in re.findall(r"\.([a-z][\w-]*)", rule)}


@cache
def attributes() -> str:
    """All class attributes of the templates; a variable in one stays, tags around words do not."""
    return " ".join(re.findall(r'\bclass="([^"]*)"', re.sub(r"\{%.*?%\}", " ", TEMPLATES)))


@cache
def on_pages() -> set[str]:
    """Classes in the templates; those put together from a variable are not among them."""
    written = re.sub(r"\S*\{\{.*?\}\}\S*", " ", attributes())
    return set(written.split()) | set(re.findall(r"\{% block width %\}(\w+)", TEMPLATES))


def is_used(name: str) -> bool:
    """Written out somewhere, or put together: `state--{{ colour }}`, and the parts of `{% bar %}`, `p-` and a word."""
    if name in on_pages() | WORDS:
        return True
    stem, _, _word = name.rpartition("--")
    if stem and f"{stem}--{{" in attributes():
        return True
    return name.startswith("p-") and f'"{name[2:]}"' in TEMPLATES + PYTHON


def test_every_rule_is_used() -> None:
    assert [name for name in sorted(ours()) if not is_used(name)] == []


def test_pages_are_made_of_the_consoles_components() -> None:
    assert [name for name in sorted(on_pages()) if REPLACED.fullmatch(name)] == []


def test_every_class_has_a_rule() -> None:
    tabler = (ROOT / "node_modules/@tabler/core/dist/css/tabler.min.css").read_text()
    known = ours() | set(re.findall(r"\.([a-z][\w-]*)", tabler))
    assert sorted(on_pages() - known - {"notice--info"}) == []


@pytest.mark.parametrize("name", ["table-stack", "card-header", "btn-outline-primary", "col-sm-3", "row"])
def test_what_was_replaced_is_recognised(name: str) -> None:
    assert REPLACED.fullmatch(name)


def test_every_table_has_a_name() -> None:
    assert re.findall(r"<table[^>]*>(?!\s*(?:<caption|\{% slot))", TEMPLATES) == []
