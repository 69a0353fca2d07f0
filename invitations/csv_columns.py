"""Which column of a file holds what."""

from collections import Counter

from invitations.csv_headings import COLUMNS, heading_ranks, plain
from invitations.csv_roles import KNOWN_ROLES
from invitations.csv_table import ROWS_JUDGED, Table, address_cells

Mapping = dict[str, int | None]
# After every rank of a heading.
UNKNOWN = 99


def guess_mapping(table: Table) -> Mapping:
    """Which column holds what, by the headings, and for the addresses by looking."""
    ranks = [heading_ranks(heading) for heading in table.headings]
    mapping: Mapping = {name: _best(name, ranks) for name in COLUMNS if name != "email"}
    mapping = {"email": _column_of_addresses(table, ranks), **mapping}
    headings = [plain(heading) for heading in table.headings]
    if mapping["last_name"] is None and "vorname" in headings and "name" in headings:
        # Germans write Vorname and Name.
        mapping |= {"name": None, "last_name": headings.index("name")}
    if not holds_roles(table, mapping["role"]):
        mapping["role"] = None
    return mapping


def address_columns(table: Table) -> list[int]:
    """The columns in which addresses stand, those with the most first."""
    counts = _address_counts(table)
    return sorted((column for column, count in enumerate(counts) if count), key=lambda column: -counts[column])


def holds_roles(table: Table, column: int | None) -> bool:
    """False for a column of job titles: several words, of which none is a role of ours."""
    words = {plain(row.cell(column)) for row in table.rows} - {""}
    return len(words) < 2 or bool(words & set(KNOWN_ROLES))


def role_column(table: Table) -> int | None:
    """The column that is called Role, whatever it holds."""
    return _best("role", [heading_ranks(heading) for heading in table.headings])


def _best(name: str, ranks: list[dict[str, int]]) -> int | None:
    named = [(found[name], column) for column, found in enumerate(ranks) if name in found]
    return min(named)[1] if named else None


def _column_of_addresses(table: Table, ranks: list[dict[str, int]]) -> int:
    """The one called email, if there are addresses in it; a user name may look like one and reach nobody."""
    counts = _address_counts(table)
    rank = dict(enumerate(found.get("email", UNKNOWN) for found in ranks))
    with_addresses = [column for column, count in enumerate(counts) if count]
    if with_addresses:
        return min(with_addresses, key=lambda column: (rank.get(column, UNKNOWN), -counts[column], column))
    at_signs = [sum("@" in row.cell(column) for row in table.rows[:ROWS_JUDGED]) for column in range(len(counts))]
    return min(range(len(counts)), key=lambda column: (rank.get(column, UNKNOWN), -at_signs[column], column))


def _address_counts(table: Table) -> list[int]:
    counts = Counter(column for _place, column in address_cells(table.rows[:ROWS_JUDGED]))
    return [counts[column] for column in range(len(table.columns))]
