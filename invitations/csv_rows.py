"""Reading a file of people to invite, in any encoding and delimiter of spreadsheets; each row gets a verdict."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team
from accounts.permissions import Role
from invitations.addresses import LONGEST_NAME, read_address

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 10_000
MAX_CELL = 300
MAX_COLUMNS = 50
DELIMITERS = ",;\t"
# Control characters that no text has; tab, line ends, vertical tab and form feed may occur.
BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

TOO_BIG = gettext_lazy("The file is bigger than 5 MB. Split it into smaller files.")
COLUMNS = {
    "email": gettext_lazy("E-mail"),
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "team": gettext_lazy("Team"),
    "role": gettext_lazy("Role"),
}
# Headings as people write them, without spaces and punctuation, in the languages of the console.
KNOWN_HEADINGS = {
    "email": {"email", "emailaddress", "mail", "epost", "epostadress", "address", "user", "username"},
    "name": {"name", "fullname", "displayname", "namn", "fulltnamn"},
    "first_name": {"firstname", "givenname", "förnamn", "first"},
    "last_name": {"lastname", "surname", "familyname", "efternamn", "last"},
    "team": {"team", "teams", "group"},
    "role": {"role", "roll"},
}
KNOWN_ROLES = {
    "": Role.USER,
    "user": Role.USER,
    "användare": Role.USER,
    "admin": Role.ADMIN,
    "administrator": Role.ADMIN,
    "administratör": Role.ADMIN,
    "salesforceadmin": Role.SALESFORCE_ADMIN,
    "salesforceadministratör": Role.SALESFORCE_ADMIN,
}

Mapping = dict[str, int | None]


class CsvError(Exception):
    """The file as a whole cannot be used; the message is a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class Row:
    """A row that is not blank, and the line of the file on which it starts (1 is the first)."""

    line: int
    cells: list[str]

    def cell(self, column: int | None) -> str:
        return self.cells[column].strip() if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """A file as rows; `headings` are empty when its first row is a person already."""

    headings: list[str]
    rows: list[Row]

    @property
    def columns(self) -> list[str]:
        """A name for every column: its heading, or its number."""
        width = max([len(self.headings), *(len(row.cells) for row in self.rows)])
        named = dict(enumerate(self.headings))
        return [named.get(index) or _("Column %(number)d") % {"number": index + 1} for index in range(width)]


@dataclass(frozen=True)
class InviteRow:
    """What a row says; `problem` is one sentence, empty when the person can be invited."""

    line: int
    email: str = ""
    name: str = ""
    role: Role = Role.USER
    teams: tuple[Team, ...] = ()
    problem: str = ""


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252. Raises CsvError when it is empty, too big or no text."""
    if len(data) > MAX_BYTES:
        raise CsvError(str(TOO_BIG))
    text = _decode(data)
    if text is None or BINARY.search(text):
        raise CsvError(_("This is not a text file. In the spreadsheet choose Save as, and the type CSV."))
    if not text.strip():
        raise CsvError(_("The file is empty. Add one person per row, and upload it again."))
    return text


def read_table(text: str) -> Table:
    """The rows of a file. Raises CsvError when it has no column of addresses, or too many rows or columns."""
    rows = list(_rows(text))
    if any(len(row.cells) > MAX_COLUMNS for row in rows):
        raise CsvError(_("The file has a row with more than 50 columns. Keep the columns that are needed."))
    if not any("@" in cell for row in rows for cell in row.cells):
        raise CsvError(_("No column of this file holds e-mail addresses. Add one, and upload it again."))
    if any("@" in cell for cell in rows[0].cells):
        return Table([], rows)
    return Table([cell.strip() for cell in rows[0].cells], rows[1:])


def guess_mapping(table: Table) -> Mapping:
    """Which column holds what, by the headings, and for the addresses by looking."""
    headings = [re.sub(r"[\W_]", "", heading).lower() for heading in table.headings]
    mapping: Mapping = {}
    for name, known in KNOWN_HEADINGS.items():
        mapping[name] = next((index for index, heading in enumerate(headings) if heading in known), None)
    if mapping["email"] is None or not any("@" in row.cell(mapping["email"]) for row in table.rows[:100]):
        mapping["email"] = _column_of_addresses(table)
    return mapping


def read_people(table: Table, mapping: Mapping, teams: Iterable[Team]) -> list[InviteRow]:
    """One verdict per row, in the order of the file."""
    team_by_name = {name: team for team in teams for name in (team.name.lower(), str(team).lower())}
    first_lines: dict[str, int] = {}
    people = []
    for row in table.rows:
        person = _read_person(row, mapping, team_by_name)
        first = first_lines.setdefault(person.email, row.line) if person.email else row.line
        if first != row.line:
            person = InviteRow(row.line, person.email, problem=_("Same address as on line %(line)d.") % {"line": first})
        people.append(person)
    return people


def template_file() -> str:
    """A file with the headings only, to fill in, the name in its two parts; the mark at its start is for Excel."""
    return "\ufeff" + ",".join(str(label) for name, label in COLUMNS.items() if name != "name") + "\r\n"


def _decode(data: bytes) -> str | None:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if b"\0" in data[:2]:
        # Without a byte order mark: the first character of such a file is a Latin one, with one zero byte.
        return ("utf-16-be" if data[0] == 0 else "utf-16-le",)
    return ("utf-8-sig", "cp1252")


def _rows(text: str) -> Iterator[Row]:
    # Old Mac line ends; without a header line csv could not tell them from a stray character.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=_delimiter(lines))
    line = 1
    found = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found += 1
                yield Row(line, cells)
            # The headings are not a person.
            if found > MAX_ROWS + 1:
                raise CsvError(_("The file has more than 10,000 rows. Split it into smaller files."))
            line = reader.line_num + 1
    except csv.Error:
        message = _("Line %(line)d opens a quotation mark that is never closed. Correct it, and upload the file again.")
        raise CsvError(message % {"line": line}) from None


def _delimiter(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=unquoted.count)


def _column_of_addresses(table: Table) -> int:
    sample = table.rows[:100]
    return max(range(len(table.columns)), key=lambda column: sum("@" in row.cell(column) for row in sample))


def _read_person(row: Row, mapping: Mapping, team_by_name: dict[str, Team]) -> InviteRow:
    if any(len(cell) > MAX_CELL for cell in row.cells):
        return InviteRow(row.line, problem=_("A cell has more than 300 characters."))
    text = row.cell(mapping["email"])
    if not text:
        return InviteRow(row.line, problem=_("There is no e-mail address in this row."))
    address = read_address(text)
    if address.problem:
        return InviteRow(row.line, problem=address.problem)
    role, teams = row.cell(mapping.get("role")), row.cell(mapping.get("team"))
    problem = _role_problem(role) or _team_problem(teams, team_by_name)
    if problem:
        return InviteRow(row.line, address.email, problem=problem)
    parts = (row.cell(mapping.get("first_name")), row.cell(mapping.get("last_name")))
    full_name = " ".join(part for part in parts if part) or row.cell(mapping.get("name")) or address.name
    return InviteRow(
        row.line,
        address.email,
        full_name[:LONGEST_NAME],
        KNOWN_ROLES[_plain(role)],
        tuple(team_by_name[name.lower()] for name in _team_names(teams)),
    )


def _role_problem(role: str) -> str:
    if _plain(role) in KNOWN_ROLES:
        return ""
    return _("There is no role “%(role)s”. Use User, Admin or Salesforce admin.") % {"role": role}


def _team_problem(teams: str, team_by_name: dict[str, Team]) -> str:
    unknown = [name for name in _team_names(teams) if name.lower() not in team_by_name]
    if not unknown:
        return ""
    return _(
        "There is no team “%(team)s”. Create it in Team Management, correct the name, or set Team to “Not in the file”."
    ) % {"team": unknown[0]}


def _team_names(teams: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,;|]", teams) if name.strip()]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
