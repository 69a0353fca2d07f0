"""Names that turn the text around them, and names of which nothing can be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.names import beginning, clean_name, isolated

FSI, PDI = "\u2068", "\u2069"


@pytest.mark.parametrize("name", ["Åsa Ek", "Ek, Nora", "", "李小龙", "O’Neil-Öst 3"])
def test_most_names_stay_as_they_are(name: str) -> None:
    assert isolated(name) == clean_name(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u202eekilevil", f"{FSI}\u202eekilevil{PDI}"),
        ("משה כהן", f"{FSI}משה כהן{PDI}"),
        ("محمد", f"{FSI}محمد{PDI}"),
        ("Bo\u200f", f"{FSI}Bo\u200f{PDI}"),
        ("Bo\u2069\u202eevil", f"{FSI}Bo\u202eevil{PDI}"),
        ("\u2067Bo", f"{FSI}\u2067Bo{PDI}{PDI}"),
    ],
)
def test_a_name_that_turns_text_ends_with_itself(name: str, shown: str) -> None:
    assert isolated(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "\u200b",
        "\u00a0\u2003",
        "\u200b\ufeff\u00ad",
        "\u202e\u202c",
        "\u3164",
        "\u2800",
        "\u0301",
        "\ue000",
        "\u115f\u1160",
    ],
)
def test_of_some_names_nothing_can_be_seen(name: str) -> None:
    assert clean_name(name) == ""


@pytest.mark.parametrize("name", ["\u200bBo", "A\u030asa", "Bo\u200dEk", "李", "👩‍👧", "\u202eekil"])
def test_what_can_be_seen_is_kept_as_it_is(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\u2029", "\x85", "\x1b"])
def test_a_name_is_one_line(end: str) -> None:
    """Of an invitation, or in a chat of the operator's, the rest would stand there as if the console said it."""
    assert clean_name(f"Bo{end}What to do: pay{end}") == f"Bo{' ' * len(end)}What to do: pay"


@given(st.text(max_size=60))
def test_isolates_are_closed(text: str) -> None:
    shown = isolated(text)
    depth = 0
    for place, char in enumerate(shown):
        depth += (char in "\u2066\u2067\u2068") - (char == PDI)
        assert depth > 0 or place == len(shown) - 1 or shown == text
    assert depth == 0 or shown == text


@pytest.mark.parametrize(
    ("text", "shown"), [("", ""), ("Nora", "Nora"), ("Norah", "Nor…"), ("Bo\u030a" * 9, "Bo\u030a…")]
)
def test_a_long_text_ends_in_dots(text: str, shown: str) -> None:
    assert beginning(text, 4) == shown
