"""Addresses as people paste them."""

from email.header import Header, decode_header
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invitations import addresses
from invitations.addresses import read_addresses
from invitations.csv_columns import guess_mapping
from invitations.csv_rows import read_people
from invitations.csv_table import read_table


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


@pytest.mark.parametrize("text", ["=?a?q?x" * 3_000, "=?a?q?x" * 3_000 + " <per@x.example>"])
def test_no_more_of_a_name_is_decoded_than_a_mail_program_writes(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's work on such codes grows with the square of their length."""
    lengths: list[int] = []

    def decoded(name: str) -> object:
        lengths.append(len(name))
        return decode_header(name)

    monkeypatch.setattr(addresses, "decode_header", decoded)
    assert len(read_addresses(text)) == 1
    assert max(lengths, default=0) <= 2_000


def test_a_long_name_in_codes_is_read_whole() -> None:
    """150 letters of three bytes each, as mail programs write them: in words of 75 signs at most."""
    name = "\u20ac" * 150
    assert read_addresses(f"{Header(name, 'utf-8').encode()} <per@x.example>".replace("\n", ""))[0].name == name


INPUTS = Path(__file__).parent / "inputs"
# An entry: what is invited, and the name it gives.
ENTRIES = {
    "ivo@acme.example <ivo.marek@fabrikam.example>": ("ivo.marek@fabrikam.example", ""),
    "per@acme.example <per@acme.example>": ("per@acme.example", ""),
    "Lena @ acme.example <lena@fabrikam.example>": ("lena@fabrikam.example", "Lena @ acme.example"),
    "per@acme.example <mailto:per@acme.example>": ("per@acme.example", ""),
    "mailto:per@acme.example": ("per@acme.example", ""),
    "MAILTO:per@acme.example?subject=Hi%20Per": ("per@acme.example", ""),
    "<mailto:a%2Bb@acme.example?cc=c@acme.example>": ("a+b@acme.example", ""),
    "Ek, Nora [mailto:nora@acme.example]": ("nora@acme.example", "Ek, Nora"),
    "Ek, Nora <nora@acme.example>": ("nora@acme.example", "Ek, Nora"),
    "Ek, Nora, VD <nora@acme.example>": ("nora@acme.example", "Ek, Nora, VD"),
    '"Ek, Nora" <nora@acme.example>': ("nora@acme.example", "Ek, Nora"),
    '"Nora <old@acme.example>" <nora@acme.example>': ("nora@acme.example", "Nora <old@acme.example>"),
    '"Nora \\"N\\" Ek" <nora@acme.example>': ("nora@acme.example", 'Nora "N" Ek'),
    "'Bo Ek' <bo@acme.example>": ("bo@acme.example", "Bo Ek"),
    "“Bo Ek” <bo@acme.example>": ("bo@acme.example", "Bo Ek"),
    '"Bo Ek <bo@acme.example>"': ("bo@acme.example", "Bo Ek"),
    "Mei Lin (External) <mei@acme.example>": ("mei@acme.example", "Mei Lin (External)"),
    "Mei <mei@acme.example> (at home)": ("mei@acme.example", "Mei"),
    "Sales: Cia <cia@acme.example>": ("cia@acme.example", "Sales: Cia"),
    "Ek/Dan <dan@acme.example>": ("dan@acme.example", "Ek/Dan"),
    'Dan "the Man Ek <dan@acme.example>': ("dan@acme.example", 'Dan "the Man Ek'),
    "Dan [Sales <dan@acme.example>": ("dan@acme.example", "Dan [Sales"),
    "Dan <Ek> <dan@acme.example>": ("dan@acme.example", "Dan <Ek>"),
    "Dan <dan@acme.example": ("dan@acme.example", "Dan"),
    "dan@acme.example>": ("dan@acme.example", ""),
    "dan@acme.example (Dan Ek)": ("dan@acme.example", "Dan Ek"),
    "Dan Ek (dan@acme.example)": ("dan@acme.example", "Dan Ek"),
    "=?utf-8?Q?=C3=85sa_Ek?= <asa@acme.example>": ("asa@acme.example", "Åsa Ek"),
    "=?no-such?Q?=C3=85sa?= <asa@acme.example>": ("asa@acme.example", "=?no-such?Q?=C3=85sa?="),
    "Åsa <ÅSA.EK@acme.example>": ("", ""),
    "Åsa <  asa@acme.example\u200b >": ("asa@acme.example", "Åsa"),
    "<Nora> nora": ("", ""),
}


@pytest.mark.parametrize("text", ENTRIES)
def test_what_stands_in_the_brackets_is_invited(text: str) -> None:
    [address] = read_addresses(text)
    assert (address.email, address.name) == ENTRIES[text]
    assert read_addresses(text)[0].email == address.email


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ek, Nora <n@x.example>; Marek, Ivo <i@x.example>", {"n@x.example": "Ek, Nora", "i@x.example": "Marek, Ivo"}),
        ("Ek, Nora <n@x.example>, Marek, Ivo <i@x.example>", {"n@x.example": "Ek, Nora", "i@x.example": "Marek, Ivo"}),
        (
            "a@x.example, Ek, Nora <n@x.example>, b@x.example",
            {"a@x.example": "", "n@x.example": "Ek, Nora", "b@x.example": ""},
        ),
        ("Nora <n@x.example> Ivo <i@x.example>", {"n@x.example": "Nora", "i@x.example": "Ivo"}),
        ("Nora <n@x.example> i@x.example", {"n@x.example": "Nora", "i@x.example": ""}),
        ('5" Ek <a@x.example>; 6" Bo <b@x.example>', {"a@x.example": '5" Ek', "b@x.example": '6" Bo'}),
        ("Nora <n@x.example, Ivo <i@x.example>", {"n@x.example": "Nora", "i@x.example": "Ivo"}),
    ],
)
def test_names_with_commas_split_no_list(text: str, found: dict[str, str]) -> None:
    assert {address.email: address.name for address in read_addresses(text)} == found


def test_the_lists_of_mail_programs() -> None:
    outlook = read_addresses((INPUTS / "box_last_first.txt").read_text())
    assert [(one.email, one.name) for one in outlook] == [
        ("nora.ek@acme.example", "Ek, Nora"),
        ("ivo.marek@acme.example", "Marek, Ivo"),
    ]
    emails = [one.email for one in read_addresses((INPUTS / "box_name_is_an_address.txt").read_text())]
    assert emails == [
        "ivo@acme.example",
        "ivo.marek@fabrikam.example",
        "lena.berg@fabrikam.example",
        "per@acme.example",
    ]


def test_the_same_in_the_cells_of_a_file() -> None:
    table = read_table((INPUTS / "display_names.csv").read_bytes())
    people = read_people(table, guess_mapping(table), [])
    assert [person.problem for person in people] == [""] * 9
    assert [person.name for person in people] == [
        "Ek, Nora",
        "",
        "Mei Lin (External)",
        "Lena @ Acme",
        "Dr. Per Öst",
        "Sales: Cia",
        "Ek, Åsa",
        "Bo Ek",
        "Ek/Dan",
    ]


def test_an_address_with_an_error_never_becomes_the_name_of_the_next_one() -> None:
    wrong, right = read_addresses("per@acme, Nora <nora@acme.example>")
    assert "“per@acme” is not an email address" in wrong.problem
    assert (right.email, right.name) == ("nora@acme.example", "Nora")


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


@given(st.text(alphabet=st.sampled_from("ab@x.example<>\"'()[],; :\\\n"), max_size=60))
def test_no_marks_crash_the_reader_or_lose_what_stands_in_brackets(text: str) -> None:
    found = read_addresses(f"{text}\nNora <nora@acme.example>")
    assert "nora@acme.example" in [address.email for address in found]
    for address in found:
        assert bool(address.email) != bool(address.problem)


NAME_MARKS = st.text(
    st.characters(exclude_characters='<>"\n\r@[]', exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30
)


@given(NAME_MARKS)
def test_no_name_costs_its_address(name: str) -> None:
    found = read_addresses(f"{name} <nora@acme.example>")
    assert found[-1].email == "nora@acme.example"
    if ";" not in name:
        assert len(found) == 1
