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


WORDS = st.text("abcxyz0189", min_size=1, max_size=12)
NAMES = st.text(st.characters(categories=("L", "Zs", "Nd"), exclude_characters='"\\'), min_size=1, max_size=30)
ADDRESSES = st.builds("{}.{}@{}.example".format, WORDS, WORDS, WORDS)
SEPARATORS = st.sampled_from([",", ";", "\n", "\r\n", " , ", ";\n", ",,", " ;\t"])


@st.composite
def pasted_lists(draw: st.DrawFn) -> tuple[list[str], str]:
    """Addresses, and a text that holds them in the notations of mail programs."""
    emails = draw(st.lists(ADDRESSES, min_size=1, max_size=12))
    text = ""
    for email in emails:
        name = draw(NAMES)
        notations = [email, email.upper(), f" {email}\t", f"<{email}>", f'"{name}, {name}" <{email}>']
        text += draw(st.sampled_from(notations)) + draw(SEPARATORS)
    return emails, text


@given(pasted_lists())
def test_every_address_of_a_list_is_read_once_in_its_order(pasted: tuple[list[str], str]) -> None:
    emails, text = pasted
    assert [address.email for address in read_addresses(text)] == list(dict.fromkeys(emails))


@given(pasted_lists(), st.sampled_from(["per@", "@x.example", "per", "a b@x.example"]))
def test_a_wrong_entry_hides_none_of_the_others(pasted: tuple[list[str], str], wrong: str) -> None:
    emails, text = pasted
    found = read_addresses(f"{wrong};{text}")
    assert found[0].problem
    assert [address.email for address in found[1:]] == list(dict.fromkeys(emails))
