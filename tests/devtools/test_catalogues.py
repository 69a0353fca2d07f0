"""Texts that the catalogues would never hold."""

import pytest

from devtools.catalogues import lines_unseen


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("""fact = f"{fact} {_('%(n)s left.') % counts}\"""", [1]),
        ("""was = ngettext("one", "many", n)\nfact = f"{fact} {was % counts}\"""", []),
        ("""label = _("Open the console")\nlink = f"<{url}|{label}>\"""", []),
    ],
)
def test_a_text_inside_an_f_string_is_found(source: str, lines: list[int]) -> None:
    assert lines_unseen(source) == lines
