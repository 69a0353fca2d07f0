"""Addresses as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invitations.addresses import read_addresses


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("a@x.example", ["a@x.example"]),
        ("a@x.example,b@x.example;c@x.example\r\nd@x.example", [f"{name}@x.example" for name in "abcd"]),
        (" ;, \n", []),
        ("A@X.example, a@x.example", ["a@x.example"]),
        ('"Ek; Nora" <N@x.example>', ["n@x.example"]),
        ("Per Öst <per@x.example>", ["per@x.example"]),
    ],
)
def test_any_usual_notation(text: str, emails: list[str]) -> None:
    assert [address.email for address in read_addresses(text)] == emails


@pytest.mark.parametrize(
    "text", ["per@", "@x.example", "per", "per@x", "a b@x.example", "<>", "x" * 250 + "@x.example", "a@x.example\0"]
)
def test_what_is_no_address_is_named(text: str) -> None:
    [address] = read_addresses(text)
    assert not address.email
    assert text[:20] in address.problem


@given(st.text(max_size=300))
def test_nothing_typed_crashes(text: str) -> None:
    for address in read_addresses(text):
        assert bool(address.email) != bool(address.problem)
