"""A verdict for every row of a file of people to invite."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team
from accounts.permissions import Role
from invitations.addresses import LONGEST_NAME, TypedAddress, read_addresses
from invitations.csv_columns import Mapping
from invitations.csv_encodings import UNREADABLE
from invitations.csv_headings import COLUMNS, plain
from invitations.csv_roles import KNOWN_ROLES
from invitations.csv_table import MAX_CELL, Row, Table

# Of a cell; the first that can be mailed is invited, the others are told.
MOST_ADDRESSES = 5
# That a row is told not to be there.
MOST_TEAMS = 5


@dataclass(frozen=True)
class InviteRow:
    """What a row says; `problem` is a sentence for each fault, empty when the person can be invited."""

    line: int
    email: str = ""
    name: str = ""
    role: Role = Role.USER
    teams: tuple[Team, ...] = ()
    problem: str = ""
    # A sentence about somebody who can be invited.
    note: str = ""


def read_people(table: Table, mapping: Mapping, teams: Iterable[Team]) -> list[InviteRow]:
    """One verdict per row, in the order of the file."""
    team_by_name = {name: team for team in teams for name in (_key(team.name), _key(str(team)))}
    first_lines: dict[str, int] = {}
    people = []
    for row in table.rows:
        person = _read_person(row, mapping, team_by_name)
        # A row that is refused takes nobody's place.
        first = row.line if person.problem else first_lines.setdefault(person.email, row.line)
        if first != row.line:
            person = InviteRow(row.line, person.email, problem=_("Same address as on line %(line)d.") % {"line": first})
        people.append(person)
    return people


def template_file() -> str:
    """A file with the headings only, to fill in, the name in its two parts; the mark at its start is for Excel."""
    return "\ufeff" + ",".join(str(label) for name, label in COLUMNS.items() if name != "name") + "\r\n"


def _read_person(row: Row, mapping: Mapping, team_by_name: dict[str, Team]) -> InviteRow:
    found = read_addresses(row.cell(mapping["email"])[:MAX_CELL], most=MOST_ADDRESSES)
    # The first of several; a cell without any is told by its first entry.
    address = next((one for one in found if one.email), found[0] if found else None)
    if any(len(cell) > MAX_CELL for cell in _used_cells(row, mapping)):
        # What is in it is not repeated: a cell may be as long as the file.
        problem = _("A cell has more than 300 characters.")
        return InviteRow(row.line, address.email if address else "", problem=problem)
    role, teams = row.cell(mapping.get("role")), row.cell(mapping.get("team"))
    faults = [
        _letter_problem(row, mapping),
        address.problem if address else _("There is no email address in this row."),
        _role_problem(role),
        _team_problem(teams, team_by_name),
    ]
    if address is None or any(faults):
        return InviteRow(row.line, address.email if address else "", problem=" ".join(filter(None, faults)))
    return InviteRow(
        row.line,
        address.email,
        _full_name(row, mapping, address),
        KNOWN_ROLES[plain(role)],
        tuple(team_by_name[_key(name)] for name in _teams_in(teams, team_by_name)),
        note=_others_note(found, address),
    )


def _full_name(row: Row, mapping: Mapping, address: TypedAddress) -> str:
    parts = (row.cell(mapping.get("first_name")), row.cell(mapping.get("last_name")))
    name = " ".join(part for part in parts if part) or row.cell(mapping.get("name")) or address.name
    return name[:LONGEST_NAME]


def _used_cells(row: Row, mapping: Mapping) -> list[str]:
    """The others may hold anything."""
    return [row.cell(column) for column in mapping.values() if column is not None]


def _letter_problem(row: Row, mapping: Mapping) -> str:
    if any(UNREADABLE in cell for cell in _used_cells(row, mapping)):
        return _(
            "A letter of this row cannot be read. Choose other letters under “How the file is read”, or correct "
            "the file."
        )
    return ""


def _others_note(found: list[TypedAddress], taken: TypedAddress) -> str:
    others = [one.email or one.text for one in found if one is not taken]
    if not others:
        return ""
    text = ngettext(
        "The cell holds another address, which is not invited: %(others)s.",
        "The cell holds other addresses, which are not invited: %(others)s.",
        len(others),
    )
    return text % {"others": ", ".join(others)}


def _role_problem(role: str) -> str:
    if plain(role) in KNOWN_ROLES:
        return ""
    return _("There is no role “%(role)s”. Use User, Admin or Salesforce admin, or set Role to “Not in the file”.") % {
        "role": role
    }


def _team_problem(teams: str, team_by_name: dict[str, Team]) -> str:
    """Of many teams some are named: whoever corrects these looks again."""
    unknown = dict.fromkeys(name for name in _teams_in(teams, team_by_name) if _key(name) not in team_by_name)
    text = ngettext(
        "There is no team “%(team)s”. Create it in Team Management, correct the name, or set Team to “Not in the "
        "file”.",
        "There are no teams named %(team)s. Create them in Team Management, correct the names, or set Team to “Not in "
        "the file”.",
        len(unknown),
    )
    return text % {"team": ", ".join(islice(unknown, MOST_TEAMS))} if unknown else ""


def _team_names(teams: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,;|]", teams) if name.strip()]


def _teams_in(cell: str, team_by_name: dict[str, Team]) -> list[str]:
    """The names of teams in a cell; a team may have a comma in its name."""
    return [cell] if _key(cell) in team_by_name else _team_names(cell)


def _key(name: str) -> str:
    """What is compared of a team's name."""
    return unicodedata.normalize("NFC", name).lower()
