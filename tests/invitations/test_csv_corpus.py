"""Files and strings that break readers: the cases of csv-spectrum, and strings that harm what shows them."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from html import escape
from types import SimpleNamespace
from typing import Literal

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import SalesAccount, Team
from common.csv_export import _INSIDE, FORMULA_STARTS, CsvAnswer
from common.names import clean_name
from invitations import csv_encodings, csv_headings, csv_rows, csv_table
from invitations.addresses import TypedAddress, read_addresses
from invitations.csv_columns import guess_mapping
from invitations.csv_encodings import decoded, detect
from invitations.csv_file import OpenFile
from invitations.csv_rows import InviteRow, read_people
from invitations.csv_table import read_table
from tests.invitations.user_management import USERS, upload
from tests.pages import rows_of, text_of

EMAIL = "a@acme.example"
# Name of the case, its rows under the headings "email,first name", and the name they mean.
SPECTRUM = [
    ("comma_in_quotes", f'{EMAIL},"Ek, Nora"', "Ek, Nora"),
    ("escaped_quotes", f'{EMAIL},"Nora ""N"" Ek"', 'Nora "N" Ek'),
    ("json", f'{EMAIL},"{{""type"": ""Point""}}"', '{"type": "Point"}'),
    ("newlines", f'{EMAIL},"Nora\nEk"', "Nora\nEk"),
    ("newlines_crlf", f'{EMAIL},"Nora\r\nEk"\r\n', "Nora\nEk"),
    ("quotes_and_newlines", f'{EMAIL},"Nora ""\nN"""', 'Nora "\nN"'),
    ("empty", f'{EMAIL},""', ""),
    ("utf8", f"{EMAIL},ʤ åäö", "ʤ åäö"),
    ("simple", f"{EMAIL},Nora", "Nora"),
    ("location_coordinates", f'{EMAIL},"41° 2.0\' N"', "41° 2.0' N"),
]
# From the kinds of the Big List of Naughty Strings: script, markup, format, path, right to left, zero width, numbers.
NAUGHTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "%s%x%n%d",
    "%(number)d {0} {{ 7*7 }} {% now %}",
    "../../../etc/passwd",
    "' OR 1=1 --",
    "\u202eekilevil",
    "\u200b\ufeff\u00ad",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
    "NaN",
    "null",
    "1E+02",
    "👩‍👩‍👧‍👧",
    "ﷺ",
]


def people(data: bytes) -> list[InviteRow]:
    table = read_table(data)
    return read_people(table, guess_mapping(table), [Team(pk=1, name="Everyone", is_everyone=True)])


@pytest.mark.parametrize(("case", "rows", "name"), SPECTRUM, ids=[case[0] for case in SPECTRUM])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_cases_of_csv_spectrum(case: str, rows: str, name: str, encoding: str) -> None:
    """Security statement 29 and Pain 30: whatever a spreadsheet may write."""
    assert people(f"email,first name\n{rows}".encode(encoding)) == [InviteRow(2, EMAIL, name)]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(str.strip)


@given(
    st.lists(CELLS, min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_spreadsheet_writes_comes_back(names: list[str], delimiter: str, line_end: str, encoding: str) -> None:
    """Pain 30: any encoding, delimiter and line end; every row with its line, every name as it was."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["email", "first name"], *([f"p{line}@acme.example", name] for line, name in enumerate(names))])
    found = people(file.getvalue().encode(encoding))
    assert [(row.line, row.email) for row in found] == [(n + 2, f"p{n}@acme.example") for n in range(len(names))]
    assert [row.name for row in found] == names


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_cells_are_shown_as_they_are(browser: Client, text: str) -> None:
    """Security statement 41: on the page that confirms, in the mail's account, and in the list of people."""
    cell = text.replace('"', '""')
    kept = upload(browser, f'email,first name,team\na@acme.example,"{cell}",\nb@acme.example,,"{cell}"\n')
    address = f"{USERS}invite-csv/{kept.pk}/"
    assert escape(text) in browser.get(address).content.decode()
    answer = browser.post(address, {"email": "0", "first_name": "1"}, follow=True)
    assert answer.status_code == 200
    page = browser.get(USERS).content.decode()
    assert "<script>alert" not in page
    # A name of which nothing can be seen is none.
    assert escape(clean_name(text)) in page


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_we_write_begins_a_formula(start: str) -> None:
    """Security statement 31: and the file still reads as RFC 4180 says."""
    answer = CsvAnswer("x.csv", [(f'{start}HYPERLINK("x")', 'a,"b"\nc', "=")])
    [row] = rows_of(answer)
    assert row == [f'\'{start}HYPERLINK("x")', 'a,"b"\nc', "'="]


@pytest.mark.parametrize("inside", [";=1+1", ';"=1+1"', "\n=1+1", "\r\n-1", "; \t@SUM(1)", ";＝1+1", ";=1;=2"])
def test_no_cell_begins_a_formula_where_semicolons_end_cells(inside: str) -> None:
    """Security statement 31: as Excel reads our files where numbers have commas, such as in Sweden."""
    text = CsvAnswer("x.csv", [("Nora", f"Ek{inside}", "b")]).getvalue().decode("utf-8-sig")
    for separator in ";\t":
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
        # White space before a formula does not keep it from being one.
        assert [cell for cell in cells if cell.strip(' "\t\r\n').startswith(FORMULA_STARTS)] == []


def test_a_run_of_white_space_is_read_once() -> None:
    """From each of its 20,000 characters anew it took four seconds, for a single cell that a stranger filled in."""
    assert [found.span() for found in _INSIDE.finditer("a" + "\t" * 1_000 + "b")] == [(1, 1_001)]


def test_downloads_have_names_of_ours(browser: Client, account: SalesAccount) -> None:
    """Security statement 32: whatever the account, the file or a person is called."""
    SalesAccount.objects.update(name='../"evil\r\n')
    kept = upload(browser, "a@acme.example\n", name="evil name.csv")
    for address in ("template/", f"{kept.pk}/report/?email=0"):
        disposition = browser.get(f"{USERS}invite-csv/{address}")["Content-Disposition"]
        assert disposition in {f'attachment; filename="sales-account-users{end}.csv"' for end in ("", "-report")}
    assert "evil" not in browser.get("/settings/admin/audit/export/")["Content-Disposition"]
    assert text_of(browser.get(USERS))


HOSTILE = {
    "rows of addresses": "\n".join(",".join(f"a{i}x{j}@b.example" for j in range(1000)) for i in range(50)),
    "one cell of addresses": "email\n" + ";".join(f"a{number}@b{number}.example" for number in range(40_000)),
    "one cell of an address": f"email\n{EMAIL}{'x' * 1_000_000}",
    "almost addresses": "email,name\n" + "\n".join("@@," * 300 for _ in range(1_000)) + f"\n{EMAIL},N",
    "nothing but at signs": "email,name\n" + ("@," * 999 + "@\n") * 1_000 + f"{EMAIL},N",
    "cells of several lines": "email,name\n" + '"a@b\n@,@","c"\n' * 9_000 + f"{EMAIL},N",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_file_is_looked_at_for_minutes(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 29: one full of addresses kept a process busy for minutes, with each of its pages."""
    looked_at: list[int] = []

    def count(text: str, most: int | None = None) -> list[TypedAddress]:
        found = read_addresses(text, most)
        # What takes long is to find out whether something is an address: a long one counts for many, and none for less
        # than what asking takes.
        looked_at.append(sum(max(20, len(address.text)) for address in found) if "@" in text else 0)
        return found

    monkeypatch.setattr(csv_table, "read_addresses", count)
    monkeypatch.setattr(csv_rows, "read_addresses", count)
    with suppress(csv_table.CsvError):
        file = OpenFile(text.encode(), None)
        read_people(file.table, file.mapping, [])
    assert sum(looked_at) < 700_000


ACCENTS = "a" + "\u0300\u0323" * 20_000


@pytest.mark.parametrize(
    "text",
    [
        f"email,notes\n{EMAIL},{ACCENTS}",
        f"email,team\n{EMAIL},{ACCENTS}",
        f"email,role\n{EMAIL},{ACCENTS}",
        f"email,name\n{EMAIL},{ACCENTS}",
        f"email,name\n{EMAIL}{ACCENTS},N\n{EMAIL},N",
        f"email,{ACCENTS}\n{EMAIL},N",
        f"{ACCENTS}\nemail,name\n{EMAIL},N",
    ],
    ids=["another column", "team", "role", "name", "email", "heading", "above the people"],
)
def test_no_run_of_accents_is_put_in_order(browser: Client, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 29: Python takes the square of its length for it, and lets no other thread work meanwhile."""
    composed: list[int] = []
    normalize = unicodedata.normalize

    def count(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        composed.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", count)
    page = f"{USERS}invite-csv/{upload(browser, text).pk}/"
    assert browser.get(page).status_code == 200
    chosen = {"email": "0", "team": "1" if "team" in text else "", "role": "1" if "role" in text else ""}
    assert browser.get(f"{page}report/", chosen).status_code == 200
    assert browser.post(page, chosen).status_code in {200, 302}
    assert 0 < max(composed) < 2_000


@pytest.mark.parametrize(("columns", "is_refused"), [(99, False), (101, True)])
def test_no_file_has_millions_of_cells(columns: int, is_refused: bool) -> None:
    """Security statement 29: in memory each is twenty times as large; a few such pages took a gigabyte."""
    data = ("email\n" + f"{EMAIL}{',' * 200}{',é' * columns}\n" * 9_950).encode()
    refusal = pytest.raises(csv_table.CsvError, match="1,000,000 filled cells") if is_refused else nullcontext()
    with refusal:
        assert len(read_table(data).rows) == 9_950


def test_a_million_blank_lines_are_not_read_once_for_each_separator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 29: such a file kept a process busy for five seconds before it was refused."""
    read: list[int] = []
    rows_of_any_width = csv_table._rows_of_any_width

    def count(text: str, separator: str) -> Iterator[csv_table.Row]:
        read.append(len(text))
        return rows_of_any_width(text, separator)

    monkeypatch.setattr(csv_table, "_rows_of_any_width", count)
    text = "email;name\n" + ";\n" * 500_000 + f"{EMAIL};N\n"
    assert csv_table.guess_separator(text) == ";"
    assert sum(read) < 3 * len(text)


class Word(str):
    """Counts how often it is read as a whole."""

    __slots__ = ()
    readings = 0

    def isupper(self) -> bool:
        type(self).readings += 1
        return super().isupper()


def test_no_word_is_looked_at_for_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 29: one of 16,000 letters took eight seconds of a processor, one of 5 MB would take days."""
    read: list[int] = []

    def count(data: bytes, codec: str) -> str:
        read.append(len(data))
        return decoded(data, codec)

    monkeypatch.setattr(csv_encodings, "decoded", count)
    monkeypatch.setattr(csv_encodings, "BYTES_JUDGED", 100, raising=False)
    detect(b"\xc5" * 2_000 + b"@")
    assert max(read) == 100
    csv_encodings._letters_in_place(Word("\u00c5" * 2_000), csv_encodings.ENCODINGS["cp1252"])
    assert Word.readings <= 1


def test_no_run_of_accents_is_sorted_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 29: Python sorts them by pairs, and lets no other request go on meanwhile."""
    sorted_ones: list[int] = []

    def count(form: str, text: str) -> str:
        sorted_ones.append(len(text))
        return unicodedata.normalize(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(csv_headings, "unicodedata", SimpleNamespace(normalize=count))
    text = "a" + "\u0301" * 10_000 + "\u0323" * 10_000
    file = OpenFile(f"{text},email,role\n{text},{EMAIL},{text}\n".encode(), None)
    assert read_people(file.table, file.mapping, [])
    assert max(sorted_ones) <= 600
