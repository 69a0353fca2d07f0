"""What was read is made fit to be judged: everybody once, with long ids, and texts that an index takes."""

from psycopg import sql

from sync.engine.fields import RECORD_IDS, SHORT_ID, read_names
from sync.engine.judge import Statements
from sync.engine.stage import StageTable
from sync.models import Source
from sync.querysets import SEARCHED

# Windows do not share a second, but Marketo may still export a person twice; somebody about whom a person decides is
# read again. The row read last counts: that of the youngest transaction, since what was read again may stand where
# VACUUM has made room before the rest.
DROP_REPEATED = """
DELETE FROM {table} AS one
USING (
    SELECT DISTINCT ON ({key}) {key}, other.ctid AS last
    FROM {table} AS other
    JOIN (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1) AS repeated USING ({key})
    ORDER BY {key}, age(other.xmin), other.ctid DESC
) AS read_last
WHERE one.{key} = read_last.{key} AND one.ctid <> read_last.last
"""
# Whether there are any is found in a third of the time in which they are.
COUNT_REPEATED = "SELECT count({key}) - count(DISTINCT {key}) FROM {table}"

LENGTHEN = f"UPDATE {{people}} SET {{long_ids}} WHERE {SHORT_ID} IN ({{lengths}})"  # noqa: S608 (our own texts)
# Of each five characters, which are capitals; as clients.salesforce.oauth.to_18.
LONG_ID = (
    "CASE WHEN length({id}) = 15 THEN {id} || "
    + " || ".join(
        "substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1 + "
        + " + ".join(
            f"(ascii(substr({{id}}, {5 * block + place + 1})) BETWEEN 65 AND 90)::int * {1 << place}"
            for place in range(5)
        )
        + ", 1)"
        for block in range(3)
    )
    + " ELSE {id} END"
)

# What people are found by: an index of the copy takes no value of more than 2,704 bytes, and would refuse the whole
# merge for one. Marketo keeps 255 characters of each.
INDEXED = (*SEARCHED, "salesforce_lead_id", "salesforce_contact_id")
SHORTEN = "UPDATE {people} SET {short_texts} WHERE greatest({sizes}) > 2000"


def tidy(statements: Statements) -> int:
    """Make what was read fit to be judged: everybody once, with long ids; answers how many rows had been read twice."""
    repeated = _drop_repeated(statements, "people", "id")
    _lengthen_and_shorten(statements)
    if statements.run.is_resumed:
        tidy_records(statements)
    return repeated


def tidy_records(statements: Statements) -> None:
    """The same of records: one that came twice would make two of each person it belongs to."""
    for source in ("leads", "contacts"):
        _drop_repeated(statements, source, "Id")


def _drop_repeated(statements: Statements, source: str, key: str) -> int:
    names = {"table": statements.names[source], "key": sql.Identifier(key)}
    [(repeated,)] = statements.rows(COUNT_REPEATED, **names)
    return statements.change(DROP_REPEATED, **names) if repeated else 0


def _lengthen_and_shorten(statements: Statements) -> None:
    columns = StageTable(statements.run, Source.MARKETO_PEOPLE).columns
    read = read_names(columns)
    ids = [sql.Identifier(name) for name in RECORD_IDS if name in columns]
    indexed = [sql.Identifier(read[column]) for column in INDEXED if column in read]
    comma = sql.SQL(", ")
    statements.change(
        LENGTHEN,
        long_ids=comma.join(map(_long_id, ids)),
        lengths=comma.join(sql.SQL("length({})").format(name) for name in ids),
    )
    statements.change(
        SHORTEN,
        short_texts=comma.join(sql.SQL("{0} = left({0}, 500)").format(name) for name in indexed),
        sizes=comma.join(sql.SQL("octet_length({})").format(name) for name in indexed),
    )


def _long_id(name: sql.Identifier) -> sql.Composable:
    return sql.SQL("{} = {}").format(name, sql.SQL(LONG_ID).format(id=name))
