"""Files of people: any encoding and delimiter a spreadsheet writes, and a verdict for every row."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Team
from accounts.permissions import Role
from invitations.csv_columns import guess_mapping
from invitations.csv_rows import InviteRow, read_people, template_file
from invitations.csv_table import MAX_BYTES, MAX_ROWS, SEPARATORS, CsvError, read_table

PLAIN = "E-mail,First name,Last name,Team,Role\r\nåsa@acme.example,Åsa,Ek,,\r\n"
TEAMS = [Team(pk=1, name="Everyone", is_everyone=True), Team(pk=2, name="North")]


def people(data: bytes | str) -> list[InviteRow]:
    table = read_table(data.encode() if isinstance(data, str) else data)
    return read_people(table, guess_mapping(table), TEAMS)


def problem(data: bytes | str) -> str:
    with pytest.raises(CsvError) as refused:
        people(data)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_files_of_every_spreadsheet(encoding: str, delimiter: str, line_end: str) -> None:
    rows = [["E-post", "Förnamn", "Efternamn"], ["asa@acme.example", "Åsa", "Ek"], ["per@acme.example", "Per", "Öst"]]
    data = line_end.join(delimiter.join(row) for row in rows).encode(encoding)
    assert people(data) == [
        InviteRow(2, "asa@acme.example", "Åsa Ek"),
        InviteRow(3, "per@acme.example", "Per Öst"),
    ]


def test_a_file_without_headings() -> None:
    assert people("Per;per@acme.example\nasa@acme.example;ASA@Acme.example") == [
        InviteRow(1, "per@acme.example"),
        InviteRow(2, "asa@acme.example"),
    ]


def test_quoted_line_ends_do_not_shift_the_line_numbers() -> None:
    rows = people('email,team\nper@acme.example,"\n\nNorth"\nwrong,\n\n\nasa@acme.example,\n')
    assert [(row.line, bool(row.problem)) for row in rows] == [(2, False), (5, True), (8, False)]
    assert rows[0].teams == (TEAMS[1],)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("not-an-address,,,,", "is not an email address"),
        (",Per,,,", "no email address in this row"),
        ("per@acme.example,,,West,", "There is no team “West”"),
        ("per@acme.example,,,,boss", "There is no role “boss”"),
        (f"per@acme.example,{'x' * 301},,,", "more than 300 characters"),
        ("first@acme.example,,,,", "Same address as on line 2"),
    ],
)
def test_a_row_with_a_problem_says_which(row: str, sentence: str) -> None:
    [_, found] = people(f"E-mail,First name,Last name,Team,Role\nfirst@acme.example,,,,\n{row}\n")
    assert found.line == 3
    assert sentence in found.problem


def test_a_row_tells_all_its_faults_at_once() -> None:
    """It told the first only, and the file went round again for each of the others."""
    for person in people("E-mail,Team,Role\nper@,West; East,boss\n,West; East,boss\n"):
        for sentence in ("email address", "no role “boss”", "no teams named West, East"):
            assert sentence in person.problem


@pytest.mark.parametrize("cell", ["a" * 301, ";".join(map(str, range(100_000)))])
@pytest.mark.parametrize("heading", ["Role", "Team"])
def test_nothing_is_repeated_of_a_cell_that_is_too_long(heading: str, cell: str) -> None:
    """One row of a file of 5 MB became 250 MB of sentences."""
    [found] = people(f"Email,{heading}\nper@acme.example,{cell}\n")
    assert (found.email, found.problem) == ("per@acme.example", "A cell has more than 300 characters.")


def test_a_row_names_some_of_many_unknown_teams() -> None:
    [found] = people(f"Email,Team\nper@acme.example,{';'.join('aabbccddeeffgg')}\n")
    assert found.problem.startswith("There are no teams named a, b, c, d, e. Create them in Team Management")


def test_a_row_that_is_refused_takes_nobodys_place() -> None:
    """The same person stands twice in the file, first with a team that does not exist."""
    first, second = people("E-mail,Team\nomar@acme.example,West\nomar@acme.example,\n")
    assert (bool(first.problem), second.problem) == (True, "")


def test_a_name_may_be_in_one_column() -> None:
    """Two columns say more than one; an empty cell leaves what the address says."""
    rows = [
        "Name,Email,First name",
        "Åsa Ek,asa@acme.example,",
        "Li,li@acme.example,Wei",
        ",Per Öst <per@acme.example>,",
    ]
    assert [person.name for person in people("\n".join(rows))] == ["Åsa Ek", "Wei", "Per Öst"]


def test_roles_and_teams_in_any_case() -> None:
    [row] = people('email,role,team\nper@acme.example,Salesforce Admin,"north, EVERYONE"\n')
    assert row.role == Role.SALESFORCE_ADMIN
    assert row.teams == (TEAMS[1], TEAMS[0])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"name,phone\nPer,123\n", "No column"),
        (b",,,\n,,,\n", "No column"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not a text file"),
        (b"\x89PNG\r\n\x1a\n", "not a text file"),
        (b"x" * (MAX_BYTES + 1), "bigger than 5 MB"),
        (b"a@b.example\n" * (MAX_ROWS + 2), "more than 10,000 rows"),
        (b'a@b.example,"' + b"x\n" * 100_000, "Line 1 opens a quotation mark"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, sentence: str) -> None:
    assert sentence in problem(data)


def test_ten_thousand_people_and_their_headings_fit() -> None:
    rows = "".join(f"p{number}@acme.example\n" for number in range(MAX_ROWS))
    assert len(people("email\n" + rows)) == MAX_ROWS


def test_the_template_is_a_file_we_read() -> None:
    [row] = people((template_file() + "per@acme.example,Per,Ek,North,Admin\r\n").encode())
    assert row == InviteRow(2, "per@acme.example", "Per Ek", Role.ADMIN, (TEAMS[1],))


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with contextlib.suppress(CsvError):
        people(data)


@given(st.text(alphabet=st.sampled_from("a@.,;\t\"'\r\n \u2028\x0b<>å"), max_size=200))
def test_no_text_crashes_the_reader(text: str) -> None:
    try:
        rows = people(text)
    except CsvError:
        return
    assert all(bool(row.problem) or "@" in row.email for row in rows)


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=4), min_size=1, max_size=20))
def test_every_row_gets_a_verdict(cells: list[list[str]]) -> None:
    """
    With whatever in the cells, the rows after a first good one come back one for one. By what they are separated is
    guessed: other separators, which may look as good in such a file, have tests of their own.
    """
    others = set(SEPARATORS) - {","}
    clean = [
        ["".join(char for char in cell if char.isprintable() and char not in others) for cell in row] for row in cells
    ]
    file = io.StringIO()
    csv.writer(file).writerows([["first@acme.example", ""], *clean])
    expected = sum(any(cell.strip() for cell in row) for row in clean) + 1
    rows = people(file.getvalue().encode("utf-8", errors="replace"))
    assert len(rows) == expected
    assert len({row.line for row in rows}) == expected


def test_a_row_with_thousands_of_columns_is_refused() -> None:
    assert "1,000 columns" in problem("a@b.example" + "," * 20_000)
