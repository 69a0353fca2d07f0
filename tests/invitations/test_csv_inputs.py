"""Files as programs really write them: of other people's bug reports, and more of each kind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.permissions import Role
from invitations.csv_columns import guess_mapping
from invitations.csv_encodings import decoded, detect
from invitations.csv_rows import InviteRow, read_people
from invitations.csv_table import CsvError, first_rows, guess_layout, read_file, read_table

INPUTS = Path(__file__).parent / "inputs"


def people(data: bytes | str) -> list[InviteRow]:
    table = read_table(data.encode() if isinstance(data, str) else data)
    return read_people(table, guess_mapping(table), [])


def of_file(name: str) -> dict[str, str]:
    """Who is invited, by which name; a refused row fails the test."""
    rows = people((INPUTS / name).read_bytes())
    assert [row.problem for row in rows if row.problem] == []
    return {row.email: row.name for row in rows}


BERG = {"lena.berg@acme.example": "Lena Berg", "omar.haddad@acme.example": "Omar Haddad"}
FILES = {
    "sep_semicolon.csv": {"asa.ek@acme.example": "Åsa Ek", "per.ost@acme.example": "Per Öst"},
    "sep_comma.csv": {"asa.ek@acme.example": "Asa Ek", "per.ost@acme.example": "Per Ost"},
    "entra_bulk_create.csv": {"lena.berg@acme.example": "Lena", "omar.haddad@acme.example": "Omar"},
    "entra_bulk_invite.csv": {"lena.berg@fabrikam.example": "", "omar.haddad@fabrikam.example": ""},
    "outlook_contacts.csv": {"nora.ek@acme.example": "Nora Ek", "ivo.marek@acme.example": "Ivo Marek"},
    "google_contacts.csv": {
        "nora.ek@acme.example": "Nora Ek",
        "ivo.marek@acme.example": "Ivo Marek",
        "mei.lin@acme.example": "Mei Lin",
    },
    "long_note_unused_column.csv": {"nora.ek@acme.example": "Nora Ek", "ivo.marek@acme.example": "Ivo Marek"},
    "mac_excel_macroman.csv": {
        "asa.ek@acme.example": "Åsa Ek",
        "goran.ost@acme.example": "Göran Öst",
        "maja.sjo@acme.example": "Maja Sjö",
    },
    "japanese_shift_jis.csv": {"tanaka@acme.example": "花子 田中", "sato@acme.example": "、太郎 佐藤"},
    "japanese_shift_jis_no81.csv": {"tanaka@acme.example": "花子 田中"},
    "semicolon_heading_with_commas.csv": {
        "nora.ek@acme.example": "Ek, Nora, VD",
        "ivo.marek@acme.example": "Marek, Ivo, CFO",
    },
    "salesforce_users_report.csv": BERG | {"it-team@acme.example": "Int User"},
    "salesforce_users_report_norole.csv": BERG | {"it-team@acme.example": "Int User"},
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_its_author_meant_it(name: str) -> None:
    assert of_file(name) == FILES[name]


def test_linkedin_leaves_out_addresses() -> None:
    rows = people((INPUTS / "linkedin_connections.csv").read_bytes())
    assert [(row.line, row.email, row.name) for row in rows[:2]] == [
        (5, "nora.ek@acme.example", "Nora Ek"),
        (6, "ivo.marek@acme.example", "Ivo Marek"),
    ]
    assert "no email address" in rows[2].problem


def test_roles_of_the_separator_line_are_kept() -> None:
    assert [row.role for row in people((INPUTS / "sep_semicolon.csv").read_bytes())] == [Role.ADMIN, Role.USER]


class TestQuotes:
    @pytest.mark.parametrize(
        ("data", "line"),
        [
            ((INPUTS / "unclosed_quote_small.csv").read_text(), 3),
            ((INPUTS / "unclosed_quote_first_column.csv").read_text(), 3),
            ('email;name\na@x.example;"Bo\n', 2),
            ('email\tname\na@x.example\tA\nb@x.example\t"Bo', 3),
            ('email|name\n"a@x.example|A\nb@x.example|B\n', 2),
            ('email,name\na@x.example,"Bo\nb@x.example,"Cia"\nc@x.example,Dan\n', 2),
            ('email,name\na@x.example,"Bo\n' + "b@x.example,Bo\n" * 9_000, 2),
            ('"email,name\na@x.example,Bo\n', 1),
        ],
    )
    def test_one_that_is_not_closed_is_refused_with_its_line(self, data: str, line: int) -> None:
        with pytest.raises(CsvError, match=f"Line {line} opens a quotation mark that is never closed"):
            people(data)

    def test_one_that_another_closes_is_refused_too(self) -> None:
        data = 'email,name,note\na@x.example,"Bo,\nb@x.example,Bo,x\nc@x.example,Cia,"\nd@x.example,Dan,y\n'
        with pytest.raises(
            CsvError, match="Line 2 opens a quotation mark that is closed on line 4, after other people"
        ):
            people(data)

    @pytest.mark.parametrize(
        ("cell", "name"),
        [('"Bo\nEk"', "Bo\nEk"), ('"Bo ""B"" Ek"', 'Bo "B" Ek'), ('5" Ek', '5" Ek'), ('"Bo" Ek', "Bo Ek"), ('""', "")],
    )
    def test_what_spreadsheets_and_people_write_is_read(self, cell: str, name: str) -> None:
        assert [row.name for row in people(f"email,name\na@x.example,{cell}\nb@x.example,Cia\n")] == [name, "Cia"]

    def test_a_note_with_an_address_is_a_note(self) -> None:
        rows = people('email,name,note\na@x.example,Bo,"Call\nb@x.example, he said\nor me"\nc@x.example,Cia,\n')
        assert [row.email for row in rows] == ["a@x.example", "c@x.example"]


HEADED = "E-post{0}Namn{0}Ort\nasa@x.example{0}Åsa Ek{0}Malmö\nper@x.example{0}Per Öst{0}\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "before",
    [
        "",
        "sep={0}\n",
        '"sep={0}"\n',
        "version:v1.0{0}{0}\n",
        "Säljare i norr\n\n",
        'Notes:\n"Not all, as you see"\n\n',
        "Team{0}North{0}\n\n",
    ],
)
def test_headings_are_found_where_they_are(separator: str, before: str) -> None:
    table = read_table((before + HEADED).format(separator).encode())
    assert table.headings == ["E-post", "Namn", "Ort"]
    assert [row.name for row in read_people(table, guess_mapping(table), [])] == ["Åsa Ek", "Per Öst"]
    assert bool(table.skipped) == bool(before)


def test_the_last_line_where_headings_are_looked_for_can_be_chosen_below_a_separator_line() -> None:
    data = ("sep=;\n" + "Säljare i norr\n" * 29 + HEADED.format(";")).encode()
    layout = guess_layout(data)
    assert layout.heading_line in [row.line for row in first_rows(data, layout)]
    assert read_table(data).headings == ["E-post", "Namn", "Ort"]


@pytest.mark.parametrize(
    "headings",
    [
        "E-Mail-Adresse;Vorname;Nachname",
        "E-Mail;Vorname;Name",
        "Adresse e-mail;Prénom;Nom",
        "Correo electrónico;Nombre;Apellidos",
        "Indirizzo e-mail;Nome;Cognome",
        "E-mailadres;Voornaam;Achternaam",
        "Sähköposti;Etunimi;Sukunimi",
        "Adres e-mail;Imię;Nazwisko",
        "Электронная почта;Имя;Фамилия",
        "メールアドレス;名;姓",
        "邮箱;名;姓",
        "이메일;이름;성",
        "E-mail 1 - Value;First Name;Last Name",
        "Primary email;firstName;lastName",
        "Email Address [Required];First Name [Required];Last Name [Required]",
        "User name [userPrincipalName] Required;First name [givenName];Last name [surname]",
    ],
)
def test_headings_in_the_languages_of_programs(headings: str) -> None:
    rows = people(f"{headings};Username\nnora@x.example;Nora;Ek;nora@x.example.crm\n")
    assert [(row.email, row.name) for row in rows] == [("nora@x.example", "Nora Ek")]


def test_a_heading_that_shows_an_example_is_no_person() -> None:
    rows = people("E-mail (name@company.example);First name;Last name\nnora@x.example;Nora;Ek\n")
    assert [(row.email, row.name) for row in rows] == [("nora@x.example", "Nora Ek")]


def test_a_user_name_is_taken_when_no_column_is_called_email() -> None:
    assert people("Alias,Username\nlena,lena@x.example\n")[0].email == "lena@x.example"


@pytest.mark.parametrize(
    "cell",
    ["a@x.example ::: b@x.example", "a@x.example; b@x.example", "a@x.example / b@x.example", "a@x.example b@x.example"],
)
def test_of_two_addresses_in_a_cell_the_first_is_offered(cell: str) -> None:
    [row] = people(f'email|name\n"{cell}"|Bo\n')
    assert (row.email, row.name, row.problem) == ("a@x.example", "Bo", "")
    assert row.note == "The cell holds another address, which is not invited: b@x.example."


def test_a_refused_row_hides_no_good_one() -> None:
    rows = people("email,role\na@x.example,boss\na@x.example,admin\na@x.example,\n")
    assert [bool(row.problem) for row in rows] == [True, False, True]
    assert rows[2].problem == "Same address as on line 3."


def test_only_cells_that_are_used_are_judged() -> None:
    assert not people(f"email,note\na@x.example,{'x' * 200_000}\n")[0].problem
    assert "300 characters" in people(f"email,name\na@x.example,{'x' * 301}\n")[0].problem


NAMES = {
    "utf-8": "Åsa Öst, Łukasz, Иван",
    "cp1252": "François Lefèvre, Göran Öst, José Muñoz, Zoë D’Arc",
    "mac_roman": "Åsa Öst, François Lefèvre, Jürgen Groß",
    "cp850": "Åsa Öst, Göran Sjö, Jürgen Groß",
    "cp1250": "Łukasz Żółw, Józef Wiśniewski",
    "cp1254": "Gökşen Işık, Ayşe Yıldız",
    "cp1257": "Žydrūnas Šarūnas, Jānis Bērziņš",
    "cp1251": "Иван Петров, Ольга Смирнова",
    "koi8_r": "Иван Петров, Ольга Смирнова",
    "cp866": "Иван Петров, Ольга Смирнова",
    "cp1253": "Γιώργος Παπαδόπουλος, Μαρία",
    "cp1255": "משה כהן",
    "cp1256": "محمد علي",
    "cp932": "田中 花子, さくら, スズキ",
    "gb18030": "王伟, 李小龙, 陈静",
    "big5": "王小明, 陳大文",
    "euc_kr": "김민수, 이영희, 박지성",
}


@pytest.mark.parametrize("encoding", NAMES)
def test_names_keep_their_letters(encoding: str) -> None:
    names = NAMES[encoding].split(", ")
    data = "".join(["email;name\n", *(f"p{n}@x.example;{name}\n" for n, name in enumerate(names))]).encode(encoding)
    assert [row.name for row in people(data)] == names


@pytest.mark.parametrize("name", ["Åsa", "Göran Öst", "François", "Müller", "José", "Łukasz", "Дмитрий", "田中"])
def test_one_name_alone_is_enough_for_the_usual_encoding(name: str) -> None:
    usual = next(
        codec
        for codec in ("cp1252", "cp1250", "cp1251", "cp932")
        if name.encode(codec, "replace").decode(codec) == name
    )
    data = f"email,name\na@x.example,{name}\n".encode(usual)
    assert decoded(data, detect(data)).endswith(f"{name}\n")


def test_a_single_bad_byte_costs_one_row() -> None:
    data = "email,name\na@x.example,Åsa\nb@x.example,B?\nc@x.example,Göran\n".encode().replace(b"?", b"\xe5")
    rows = people(data)
    assert [row.name for row in rows] == ["Åsa", "", "Göran"]
    assert "A letter of this row cannot be read" in rows[1].problem


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=15)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=12), st.sampled_from(",;\t|"), st.booleans())
def test_every_row_is_accounted_for(cells: list[tuple[str, str]], separator: str, has_headings: bool) -> None:
    """Nobody vanishes: each row is a person, a problem, the headings, or a line before them."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = [[f"p{n}@x.example", *pair] for n, pair in enumerate(cells)]
    lines = [separator.join(map(quoted, row)) for row in ([["email", "name", "team"]] if has_headings else []) + rows]
    data = ("\n".join(lines) + "\n").encode()
    table = read_file(data, guess_layout(data))
    assert len(table.rows) == len(cells)
    assert bool(table.headings) == has_headings
    found = read_people(table, guess_mapping(table) | {"team": None, "role": None}, [])
    assert [row.email for row in found] == [row[0] for row in rows]


@given(st.binary(max_size=300))
def test_no_bytes_crash_any_layout(data: bytes) -> None:
    try:
        people(data + b"\nemail;name\na@x.example;Bo\n")
    except CsvError:
        return
