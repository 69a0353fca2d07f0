"""Every spelling of an address has one stored form, and what cannot be mailed has none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import addresses
from common.address_fields import trouble_with
from common.addresses import AddressError, AddressProblem, lookup_form, mail_form, mended_form, spellings, stored_form

SPELLINGS = {
    "per@åkeri.example": [
        "per@åkeri.example",
        "per@xn--keri-poa.example",
        "PER@ÅKERI.EXAMPLE",
        "per@XN--KERI-POA.example",
        "per@a\u030akeri.example",
        "PER@A\u030aKERI.example",
        "per@\u212bkeri.example",
        "\u200bper@åkeri.example\u00a0",
    ],
    "cia@acme.example": [
        "cia@acme.example\u200e",
        "\u202acia@acme.example\u202c",
        "\ufeffcia@acme.example\u2060",
        "cia@ａｃｍｅ.example",
        "cia@acme\u3002example",
        "Cia@Acme.Example",
    ],
    "a@faß.example": ["a@faß.example", "a@xn--fa-hia.example", "A@FAẞ.example"],
    "a@пример.example": ["a@ПРИМЕР.example", "a@xn--e1afmkfd.example"],
    "a@i\u0307x.example": ["a@\u0130x.example", "a@xn--ix-rub.example"],
}


@pytest.mark.parametrize(("stored", "text"), [(stored, text) for stored, texts in SPELLINGS.items() for text in texts])
def test_every_spelling_has_one_stored_form(stored: str, text: str) -> None:
    assert stored_form(text) == lookup_form(text) == stored


@pytest.mark.parametrize(
    ("text", "problem", "part"),
    [
        ("cia@\u200bacme.example", AddressProblem.INVISIBLE, "\u200b"),
        ("dan@acme\u00ad.example", AddressProblem.INVISIBLE, "\u00ad"),
        ("gun\u00a0@acme.example", AddressProblem.INVISIBLE, "\u00a0"),
        ("a\u2060b@acme.example", AddressProblem.INVISIBLE, "\u2060"),
        ("a@ac\ufe0fme.example", AddressProblem.INVISIBLE, "\ufe0f"),
        ("a@ac\u3164me.example", AddressProblem.INVISIBLE, "\u3164"),
        ("a@ac\U000e0041me.example", AddressProblem.INVISIBLE, "\U000e0041"),
        ("åsa@acme.example", AddressProblem.LETTERS_BEFORE_AT, "å"),
        ("\u0430nna@acme.example", AddressProblem.LETTERS_BEFORE_AT, "\u0430"),
        ("a@corp.local", AddressProblem.RESERVED_DOMAIN, "corp.local"),
        ("a@acme.example.invalid", AddressProblem.RESERVED_DOMAIN, "acme.example.invalid"),
        ("a@box.test", AddressProblem.RESERVED_DOMAIN, "box.test"),
        ("a@hidden.onion", AddressProblem.RESERVED_DOMAIN, "hidden.onion"),
        ("a@127.0.0.1", AddressProblem.NO_ADDRESS, ""),
        ("a@[127.0.0.1]", AddressProblem.NO_ADDRESS, ""),
        ("a@☃.example", AddressProblem.NO_ADDRESS, ""),
        ("a@xn--zzzzzz.example", AddressProblem.NO_ADDRESS, ""),
        ("a@acme_x.example", AddressProblem.NO_ADDRESS, ""),
        ("a@acme", AddressProblem.NO_ADDRESS, ""),
        ("a..b@acme.example", AddressProblem.NO_ADDRESS, ""),
        (f"a@{'x' * 64}.example", AddressProblem.NO_ADDRESS, ""),
        (f"{'x' * 65}@acme.example", AddressProblem.NO_ADDRESS, ""),
        ("‹((((", AddressProblem.NO_ADDRESS, ""),
        ("(" * 5_000, AddressProblem.NO_ADDRESS, ""),
        ("", AddressProblem.NO_ADDRESS, ""),
    ],
)
def test_what_cannot_be_mailed_says_why(text: str, problem: AddressProblem, part: str) -> None:
    with pytest.raises(AddressError) as refused:
        stored_form(text)
    assert (refused.value.problem, refused.value.part) == (problem, part)


@pytest.mark.parametrize("text", ["a@" + "a." * 30_000 + "example", "\u200b" * 30_000 + "a@acme.example"])
def test_a_text_far_too_long_is_not_looked_at(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the sign-in page, where anybody may type it, one of 60,000 letters took nine seconds of a processor."""
    monkeypatch.delattr(addresses, "validate_email")
    assert lookup_form(text) == text.strip("\u200b")
    with pytest.raises(AddressError):
        mail_form(text + "ö")


def test_a_mail_goes_to_the_domain_that_was_shown() -> None:
    """Python's own codec would send the mails of faß.example to fass.example."""
    assert mail_form("a@faß.example") == "a@xn--fa-hia.example"
    assert mail_form("per@åkeri.example") == "per@xn--keri-poa.example"
    with pytest.raises(AddressError):
        mail_form("cia@acme\u200b.example")


def test_what_was_likely_meant() -> None:
    assert mended_form("dan@acme\u00ad.example") == "dan@acme.example"
    assert mended_form("åsa@acme.example") == ""


@pytest.mark.parametrize(
    ("email", "part"),
    [("d@acme\u00ad.example", "U+00AD SOFT HYPHEN"), ("p@xn--keri-poa.example", "p@åkeri.example")],
)
def test_a_stored_address_of_no_use_says_so(email: str, part: str) -> None:
    assert part in trouble_with(email)
    assert "Nobody can sign in with it" in trouble_with(email)


@pytest.mark.parametrize("email", ["per@åkeri.example", "old@corp.local"])
def test_an_old_address_that_works_is_left_alone(email: str) -> None:
    assert not trouble_with(email)


@pytest.mark.parametrize("text", ["xn--keri-poa", "XN--KERI-POA", "a\u030akeri", "per@xn--keri-poa.example", "åkeri"])
def test_a_piece_of_an_address_is_searched_in_all_its_spellings(text: str) -> None:
    assert any(spelling.lower() in "per@åkeri.example" for spelling in spellings(text))


@given(st.text(max_size=80))
def test_no_text_crashes_and_the_stored_form_is_its_own(text: str) -> None:
    spellings(text)
    lookup = lookup_form(text)
    try:
        stored = stored_form(text)
    except AddressError:
        return
    assert lookup == stored == stored_form(stored) == stored.lower()
    assert mail_form(stored).isascii()
    assert stored_form(mail_form(stored)) == stored


LABELS = st.text(st.characters(categories=["Ll", "Lo", "Mn"]), min_size=1, max_size=8)


@given(LABELS)
def test_a_domain_in_any_letters_keeps_its_one_form(label: str) -> None:
    test_no_text_crashes_and_the_stored_form_is_its_own.hypothesis.inner_test(f"a@{label}.example")  # type: ignore[attr-defined]
