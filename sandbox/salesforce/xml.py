"""The little XML that Bulk API 1.0 and SOAP need: flat elements in, nested elements out."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final
from xml.sax.saxutils import escape

# An element without children, with or without a prefix.
LEAF: Final = re.compile(r"<(?:\w+:)?(\w+)(?:\s[^>]*)?>([^<]*)</(?:\w+:)?\1>")
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'


def leaves(document: str) -> dict[str, str]:
    """The texts of all elements without children, by name. Read by pattern, so that no entity is ever expanded."""
    return {name: unescape(text) for name, text in LEAF.findall(document)}


def element(name: str, content: Any, namespace: str = "") -> str:
    """An element from text, a dict of child elements, or a dict with a list, which repeats its element."""
    opening = f'{name} xmlns="{namespace}"' if namespace else name
    return f"<{opening}>{_content(content)}</{name}>"


def _content(content: Any) -> str:
    if isinstance(content, dict):
        pairs = ((name, value) for name, value in content.items() if value is not None)
        return "".join(
            "".join(element(name, item) for item in value) if isinstance(value, list) else element(name, value)
            for name, value in pairs
        )
    return escape(str(content).lower() if isinstance(content, bool) else str(content))
