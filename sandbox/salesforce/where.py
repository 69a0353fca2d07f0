"""A WHERE clause compiled once to a closure, so that a scan costs one call per row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from operator import ge, gt, le, lt
from typing import Any, Final

from sandbox.salesforce.errors import SalesforceError, compile_error
from sandbox.salesforce.paths import Getter, Paths
from sandbox.salesforce.rows import Row, Span, long_id
from sandbox.salesforce.schema import NUMBERS, Field
from sandbox.salesforce.soql import Chain, Comparison, Condition, DateLiteral, Literal, Not, Text

Test = Callable[[Row], bool]
IDS: Final = frozenset({"id", "reference"})
STAMPS: Final = frozenset({"SystemModstamp", "LastModifiedDate", "CreatedDate"})
ORDERINGS: Final = {"<": lt, "<=": le, ">": gt, ">=": ge}


def compile_condition(condition: Condition, paths: Paths) -> Test:
    """A closure that tells whether a row matches. Raises SalesforceError as the compiler of Salesforce would."""
    if isinstance(condition, Not):
        inner = compile_condition(condition.term, paths)
        return lambda row: not inner(row)
    if isinstance(condition, Chain):
        tests = [compile_condition(term, paths) for term in condition.terms]
        if condition.is_and:
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)
    return _compile_comparison(condition, paths)


def wanted_ids(condition: Condition | None, paths: Paths, name: str = "Id") -> list[str] | None:
    """The only ids that a field can have, when the condition demands `Id =` or `Id IN`; None when any row may match."""
    if isinstance(condition, Chain) and condition.is_and:
        found = (wanted_ids(term, paths, name) for term in condition.terms)
        return next((ids for ids in found if ids is not None), None)
    if not isinstance(condition, Comparison) or condition.operator not in {"=", "IN"}:
        return None
    steps, field = paths.resolve(condition.path)
    if steps or field.name != name:
        return None
    ids = {_Reader(condition, field, paths).read(value) for value in condition.values}
    return sorted(record_id for record_id in ids if record_id)


def times(condition: Condition | None, paths: Paths) -> dict[str, Span]:
    """Between which moments every matching row was changed or created, by the name of the field that says so."""
    if isinstance(condition, Chain) and condition.is_and:
        found: dict[str, Span] = {}
        for term in condition.terms:
            for name, span in times(term, paths).items():
                found[name] = _overlap(found.get(name, (None, None)), span)
        return found
    if not isinstance(condition, Comparison) or condition.operator not in {*ORDERINGS, "="}:
        return {}
    steps, field = paths.resolve(condition.path)
    if steps or field.name not in STAMPS:
        return {}
    value = _Reader(condition, field, paths).read(condition.values[0])
    start, end = value if isinstance(value, tuple) else (value, value)
    return {field.name: (None if "<" in condition.operator else start, None if ">" in condition.operator else end)}


def _overlap(one: Span, other: Span) -> Span:
    starts, ends = ([moment for moment in side if moment] for side in zip(one, other, strict=True))
    return max(starts, default=None), min(ends, default=None)


def _compile_comparison(condition: Comparison, paths: Paths) -> Test:
    field = paths.field(condition.path)
    reader = _Reader(condition, field, paths)
    reader.check()
    get = _comparable(paths.getter(condition.path), field)
    if condition.operator == "LIKE":
        return _like(get, reader.pattern())
    values = [reader.read(value) for value in condition.values]
    if condition.operator in {"INCLUDES", "EXCLUDES"}:
        return _holds_choices(get, values, is_wanted=condition.operator == "INCLUDES")
    if isinstance(condition.values[0], DateLiteral):
        return _in_spans(get, condition.operator, values)
    return _plain(get, condition.operator, values)


def _comparable(get: Getter, field: Field) -> Getter:
    """Text compares without regard to case and an empty text is null; a checkbox is never null."""
    if field.type == "boolean":
        return lambda row: bool(get(row))
    if field.type in IDS | NUMBERS | {"datetime", "date"}:
        return get
    return lambda row: (get(row) or "").casefold() or None


def _plain(get: Getter, operator: str, values: list[Any]) -> Test:
    if operator in {"=", "IN"}:
        allowed = frozenset(values)
        return lambda row: get(row) in allowed
    if operator in {"!=", "NOT IN"}:
        refused = frozenset(values)
        return lambda row: get(row) not in refused
    holds, bound = ORDERINGS[operator], values[0]
    return lambda row: (found := get(row)) is not None and bound is not None and holds(found, bound)


def _in_spans(get: Getter, operator: str, spans: list[tuple[Any, Any]]) -> Test:
    """A relative date names a span [start, end): equal is inside it, less is before it, greater is after it."""
    start, end = spans[0]
    tests: dict[str, Callable[[Any], bool]] = {
        "<": lambda found: found < start,
        "<=": lambda found: found < end,
        ">": lambda found: found >= end,
        ">=": lambda found: found >= start,
    }
    if operator in tests:
        holds = tests[operator]
        return lambda row: (found := get(row)) is not None and holds(found)
    is_inside = operator in {"=", "IN"}

    def test(row: Row) -> bool:
        found = get(row)
        return (found is not None and any(low <= found < high for low, high in spans)) == is_inside

    return test


def _holds_choices(get: Getter, values: list[str], *, is_wanted: bool) -> Test:
    """Whether a multi-select picklist holds one of the choices; 'A;B' is both at once."""
    choices = [frozenset(value.split(";")) for value in values]

    def test(row: Row) -> bool:
        held = frozenset((get(row) or "").split(";"))
        return any(choice <= held for choice in choices) == is_wanted

    return test


def _like(get: Getter, value: Text) -> Test:
    wildcards = {"%": ".*", "_": "."}
    pattern = "".join(
        wildcards[char] if char in wildcards and not is_escaped else re.escape(char.casefold())
        for char, is_escaped in value.characters()
    )
    matches = re.compile(pattern, re.DOTALL).fullmatch
    return lambda row: (found := get(row)) is not None and matches(found) is not None


class _Reader:
    """Reads the literals of one comparison as values of its field, refusing what Salesforce refuses."""

    def __init__(self, condition: Comparison, field: Field, paths: Paths) -> None:
        self.condition = condition
        self.field = field
        self.paths = paths

    def check(self) -> None:
        name, operator = self.field.name, self.condition.operator
        if not self.field.is_filterable:
            raise self._error("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
        if len({isinstance(value, DateLiteral) for value in self.condition.values}) > 1:
            raise self._error("MALFORMED_QUERY", "relative dates can not be mixed with other values in one list")
        if (operator in {"INCLUDES", "EXCLUDES"}) != (
            self.field.type == "multipicklist" and operator not in {"=", "!="}
        ):
            raise self._invalid_operator()
        if self.field.type == "boolean" and operator not in {"=", "!="}:
            raise self._invalid_operator()

    def pattern(self) -> Text:
        """The right side of a LIKE, which only text fields know."""
        value = self.condition.values[0]
        if self.field.type in IDS | NUMBERS | {"datetime", "date", "boolean"} or not isinstance(value, Text):
            raise self._invalid_operator()
        return value

    def read(self, value: Literal) -> Any:
        if value is None or value == Text(""):
            return None
        kind = self.field.type
        if kind in IDS:
            return self._id(value)
        if kind == "boolean":
            return self._checked(value, bool, "boolean")
        if kind in NUMBERS:
            return self._number(value)
        if kind in {"datetime", "date"}:
            return self._moment(value)
        return self._checked(value, Text, "string").value.casefold()

    def _id(self, value: Literal) -> str:
        text = self._checked(value, Text, "string").value
        # Definitions are known by name where records have an id: EntityDefinitionId = 'Lead'.
        if self.paths.sobject.name in {"EntityDefinition", "FieldDefinition", "EntityParticle"}:
            return str(text)
        found = long_id(text)
        if found is None:
            raise self._error("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return found

    def _number(self, value: Literal) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong_type(self.field.type)
        return value

    def _moment(self, value: Literal) -> Any:
        is_datetime = self.field.type == "datetime"
        if isinstance(value, DateLiteral):
            return _span(value, self.paths.access.org.world.clock.now().date(), is_datetime=is_datetime)
        expected = datetime if is_datetime else date
        if type(value) is not expected:
            raise self._wrong_type("dateTime" if is_datetime else "date")
        return value

    def _checked(self, value: Literal, kind: type, name: str) -> Any:
        if not isinstance(value, kind):
            raise self._wrong_type(name)
        return value

    def _wrong_type(self, name: str) -> SalesforceError:
        quotes = "should be enclosed in quotes" if name == "string" else "should not be enclosed in quotes"
        sentence = f"value of filter criterion for field '{self.field.name}' must be of type {name} and {quotes}"
        return self._error("INVALID_FIELD", sentence)

    def _invalid_operator(self) -> SalesforceError:
        sentence = f"invalid operator on {self.field.type} field"
        return self._error("INVALID_QUERY_FILTER_OPERATOR", sentence)

    def _error(self, code: str, sentence: str) -> SalesforceError:
        return compile_error(code, self.paths.query.statement, self.condition.path.position, sentence)


def _span(literal: DateLiteral, today: date, *, is_datetime: bool) -> tuple[Any, Any]:
    """First moment (or day) of a relative date, and the first after it. Days are UTC days."""
    day = timedelta(days=1)
    if literal.name.endswith("DAYS") and literal.name not in {"LAST_N_DAYS", "NEXT_N_DAYS"}:
        literal = DateLiteral(literal.name.replace("90", "N"), 90)
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    next_month = (month + 31 * day).replace(day=1)
    # Weeks begin on Sunday, as in the locale en_US.
    week = today - (today.isoweekday() % 7) * day
    spans = {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "LAST_WEEK": (week - 7 * day, week),
        "THIS_WEEK": (week, week + 7 * day),
        "NEXT_WEEK": (week + 7 * day, week + 14 * day),
        "THIS_MONTH": (month, next_month),
        "NEXT_MONTH": (next_month, (next_month + 31 * day).replace(day=1)),
        "LAST_YEAR": (year.replace(year=year.year - 1), year),
        "THIS_YEAR": (year, year.replace(year=year.year + 1)),
        "NEXT_YEAR": (year.replace(year=year.year + 1), year.replace(year=year.year + 2)),
        "LAST_MONTH": ((month - day).replace(day=1), month),
        # The last n days reach up to and include today (SOQL and SOSL Reference, "Date Formats and Date Literals").
        "LAST_N_DAYS": (today - literal.count * day, today + day),
        "NEXT_N_DAYS": (today + day, today + (literal.count + 1) * day),
    }
    start, end = spans[literal.name]
    if not is_datetime:
        return start, end
    return datetime.combine(start, time(), UTC), datetime.combine(end, time(), UTC)
