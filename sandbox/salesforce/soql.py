"""SOQL text to a tree of plain objects. The grammar is `soql.lark`; meaning is given by `where` and `query`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from sandbox.salesforce.errors import SalesforceError, compile_error

# The function of a column that stands for many: FIELDS(ALL).
ALL_FIELDS = "FIELDS"
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Path:
    """A field, or the way to a parent's field: ("Owner", "Name"). `position` is its offset in the statement."""

    parts: tuple[str, ...]
    position: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Column:
    path: Path
    function: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Text:
    """A string literal as written between its quotes: LIKE must still see which % and _ were escaped."""

    raw: str

    @property
    def value(self) -> str:
        return "".join(char for char, _ in self.characters())

    def characters(self) -> list[tuple[str, bool]]:
        """Every character with whether it was escaped."""
        found = []
        source = iter(self.raw)
        for char in source:
            if char != "\\":
                found.append((char, False))
                continue
            escaped = next(source)
            found.append((ESCAPES.get(escaped.lower(), escaped), True))
        return found


@dataclass(frozen=True)
class DateLiteral:
    """A relative date such as TODAY or LAST_N_DAYS:30."""

    name: str
    count: int = 0


@dataclass(frozen=True)
class Subquery:
    """The ids a semi-join looks among: one field of the matching records of another object."""

    query: Query


Literal = Text | DateLiteral | datetime | date | int | float | bool | Subquery | None


@dataclass(frozen=True)
class Comparison:
    """`operator` is =, !=, <, <=, >, >=, LIKE, IN, NOT IN, INCLUDES or EXCLUDES; the last four may hold many values."""

    path: Path
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Chain:
    """Conditions of which all (`is_and`) or any must hold."""

    is_and: bool
    terms: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    term: Condition


Condition = Comparison | Chain | Not


@dataclass(frozen=True)
class SortKey:
    path: Path
    is_descending: bool
    is_nulls_last: bool


@dataclass(frozen=True)
class Query:
    """One SELECT. `columns` is empty for `SELECT COUNT()`."""

    statement: str
    columns: tuple[Column, ...]
    sobject: str
    alias: str = ""
    where: Condition | None = None
    group_by: tuple[Path, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def is_count(self) -> bool:
        return not self.columns

    @property
    def is_aggregate(self) -> bool:
        return bool(self.group_by) or any(column.function for column in self.columns)


@lru_cache(maxsize=128)
def parse(statement: str) -> Query:
    """The query of a SOQL statement. Raises SalesforceError MALFORMED_QUERY for what the grammar refuses."""
    try:
        tree = _grammar().parse(statement)
        return _Builder(statement).transform(tree)
    except UnexpectedInput as error:
        raise _syntax_error(statement, error) from error
    except VisitError as error:
        raise _malformed(statement, 0, str(error.orig_exc)) from error


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    text = FilePath(__file__).with_name("soql.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


def _malformed(statement: str, position: int, sentence: str) -> SalesforceError:
    return compile_error("MALFORMED_QUERY", statement, position, sentence)


def _syntax_error(statement: str, error: UnexpectedInput) -> SalesforceError:
    position = error.pos_in_stream or 0
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return _malformed(statement, len(statement), "unexpected token: '<EOF>'")
    word = statement[position:].split(maxsplit=1)[0]
    return _malformed(statement, position, f"unexpected token: '{word}'")


class _Builder(Transformer[Token, Query]):
    """Builds the tree bottom-up. Each method is named after a rule of the grammar."""

    def __init__(self, statement: str) -> None:
        super().__init__()
        self.statement = statement

    def start(self, items: list[Any]) -> Query:
        columns, sobject, *clauses = items
        return Query(self.statement, columns, str(sobject), **dict(clauses))

    def count_all(self, _items: list[Any]) -> tuple[Column, ...]:
        return ()

    def columns(self, items: list[Column]) -> tuple[Column, ...]:
        return tuple(items)

    def field_column(self, items: list[Any]) -> Column:
        return Column(items[0], alias=str(items[1]) if len(items) > 1 else "")

    def function_column(self, items: list[Any]) -> Column:
        return Column(items[1], str(items[0]).upper(), str(items[2]) if len(items) > 2 else "")

    def alias(self, items: list[Token]) -> tuple[str, str]:
        return "alias", str(items[0])

    def where(self, items: list[Condition]) -> tuple[str, Condition]:
        return "where", items[0]

    def all_of(self, items: list[Condition]) -> Chain:
        return Chain(is_and=True, terms=tuple(items))

    def any_of(self, items: list[Condition]) -> Chain:
        return Chain(is_and=False, terms=tuple(items))

    def negated(self, items: list[Condition]) -> Not:
        return Not(items[0])

    def comparison(self, items: list[Any]) -> Comparison:
        path, operator, value = items
        return Comparison(path, operator.upper().replace("<>", "!="), (value,))

    def within(self, items: list[Any]) -> Comparison:
        return Comparison(items[0], "IN", tuple(items[1:]))

    def without(self, items: list[Any]) -> Comparison:
        return Comparison(items[0], "NOT IN", tuple(items[1:]))

    def includes(self, items: list[Any]) -> Comparison:
        return Comparison(items[0], "INCLUDES", tuple(items[1:]))

    def excludes(self, items: list[Any]) -> Comparison:
        return Comparison(items[0], "EXCLUDES", tuple(items[1:]))

    def subquery(self, items: list[Any]) -> Subquery:
        path, sobject, *clauses = items
        return Subquery(Query(self.statement, (Column(path),), str(sobject), **dict(clauses)))

    def all_fields(self, items: list[Token]) -> Column:
        return Column(Path((str(items[1]).upper(),), items[0].start_pos or 0), ALL_FIELDS)

    def text(self, items: list[Token]) -> Text:
        return Text(items[0][1:-1])

    def moment(self, items: list[Token]) -> datetime:
        return datetime.fromisoformat(items[0].upper())

    def day(self, items: list[Token]) -> date:
        return date.fromisoformat(items[0])

    def number(self, items: list[Token]) -> int | float:
        return float(items[0]) if "." in items[0] else int(items[0])

    def date_literal(self, items: list[Token]) -> DateLiteral:
        name, _, count = items[0].upper().partition(":")
        return DateLiteral(name, int(count or 0))

    def true(self, _items: list[Token]) -> bool:
        return True

    def false(self, _items: list[Token]) -> bool:
        return False

    def null(self, _items: list[Token]) -> None:
        return None

    def group(self, items: list[Path]) -> tuple[str, tuple[Path, ...]]:
        return "group_by", tuple(items)

    def order(self, items: list[SortKey]) -> tuple[str, tuple[SortKey, ...]]:
        return "order_by", tuple(items)

    def sort_key(self, items: list[Any]) -> SortKey:
        words = " ".join(items[1:]).upper()
        return SortKey(items[0], "DESC" in words, "LAST" in words)

    def limit(self, items: list[Token]) -> tuple[str, int]:
        return "limit", int(items[0])

    def offset(self, items: list[Token]) -> tuple[str, int]:
        return "offset", int(items[0])

    def path(self, items: list[Token]) -> Path:
        return Path(tuple(map(str, items)), items[0].start_pos or 0)
