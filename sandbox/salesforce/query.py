"""A SOQL query against the org: matching rows, then records for JSON, cells for CSV, or groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from sandbox.salesforce import rows
from sandbox.salesforce.access import Access
from sandbox.salesforce.errors import SalesforceError, compile_error
from sandbox.salesforce.metadata import check_metadata_query
from sandbox.salesforce.objects import DEFINITIONS, TOOLING_ONLY
from sandbox.salesforce.org import Org
from sandbox.salesforce.paths import Getter, Parent, Paths
from sandbox.salesforce.permission_rows import own_permissions
from sandbox.salesforce.record_access import asked_accesses, record_accesses
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql import (
    ALL_FIELDS,
    Chain,
    Column,
    Condition,
    Not,
    Path,
    Query,
    SortKey,
    Subquery,
    Text,
    parse,
)
from sandbox.salesforce.where import compile_condition, times, wanted_ids

Row = dict[str, Any]
Record = dict[str, Any]
MAX_OFFSET = 2000
MAX_ALL_FIELDS = 200
# Well formed and nobody's: what a semi-join without results compares with.
NO_ID = Text("000000000000000AAA")


class Plan:
    """One compiled query. Raises SalesforceError on construction for everything Salesforce refuses to compile."""

    def __init__(
        self,
        org: Org,
        statement: str | Query,
        *,
        username: str = "",
        include_deleted: bool = False,
        is_tooling: bool = False,
    ) -> None:
        self.org = org
        self.access = Access(org, username)
        query = parse(statement) if isinstance(statement, str) else statement
        self.sobject = _queried_object(self.access, query, is_tooling=is_tooling)
        self.query = _with_fields(query, self.sobject)
        self.paths = Paths(self.access, self.query, self.sobject)
        self._check()
        condition = _joined(self.access, self.query.where, self.paths)
        self._test = compile_condition(condition, self.paths) if condition else None
        self._ids = self._wanted_ids(condition)
        self._sees = self.access.test(self.sobject.name)
        self._times = times(condition, self.paths)
        self.include_deleted = include_deleted
        self._sort_keys = [(key, _sortable(self.paths, key)) for key in self.query.order_by]
        self._shape = Shape(self.paths, self.sobject, self.query.columns)

    def _wanted_ids(self, condition: Condition | None) -> list[str] | None:
        ids = wanted_ids(condition, self.paths)
        if ids is None and self.sobject.name == "OpportunityContactRole":
            contact_ids = wanted_ids(condition, self.paths, "ContactId")
            return None if contact_ids is None else rows.role_ids(self.org, contact_ids)
        return ids

    def _check(self) -> None:
        check_metadata_query(self.query, self.sobject, self.paths)
        if self.query.offset > MAX_OFFSET:
            raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
        grouped = [self.paths.resolve(path) for path in self.query.group_by]
        for column in self.query.columns:
            resolved = self.paths.resolve(column.path)
            if self.query.is_aggregate and not column.function and resolved not in grouped:
                raise self._error("MALFORMED_QUERY", column.path, f"Field must be grouped or aggregated: {column.path}")
            if column.alias and not self.query.is_aggregate:
                raise self._error("MALFORMED_QUERY", column.path, "only aggregate expressions use field aliasing")

    def _error(self, code: str, path: Path, sentence: str) -> SalesforceError:
        return compile_error(code, self.query.statement, path.position, sentence)

    def matches(self) -> Iterator[Row]:
        """The matching rows in order, within LIMIT and OFFSET. Streams unless rows must be sorted."""
        if self.query.is_aggregate or self.query.is_count:
            return self._matching()
        return islice(self._ordered(), self.query.offset, self._stop)

    @property
    def is_whole(self) -> bool:
        """Whether the query asks for every row of its object as it comes, and its user sees them all."""
        query = self.query
        is_narrowed = query.where or query.offset or query.limit is not None or self._sees is not None
        return not (is_narrowed or query.order_by or query.is_count or query.is_aggregate)

    def shows(self, row: Row) -> bool:
        """Deleted rows are hidden from all but queryAll, and rows that are not shared with the user from all."""
        return (self.include_deleted or not row.get("IsDeleted")) and (self._sees is None or self._sees(row))

    def count(self) -> int:
        """How many rows match, for SELECT COUNT(). Without a condition nothing is scanned."""
        if self._test is None and self._sees is None and not self.include_deleted:
            found = rows.visible_count(self.org, self.sobject.name)
        else:
            found = sum(1 for _ in self._matching())
        return found if self.query.limit is None else min(found, self.query.limit)

    def record(self, row: Row, base: str) -> Record:
        """A row as the REST API shows it; `base` is the path below which record URLs lie."""
        return self._shape.record(self.sobject.name, row, base)

    def groups(self) -> list[Record]:
        """The AggregateResult records of a query with GROUP BY or aggregate functions."""
        keys = [self.paths.getter(path) for path in self.query.group_by]
        columns = [(column.function, self.paths.getter(column.path)) for column in self.query.columns]
        found: dict[tuple[Any, ...], Group] = {} if keys else {(): Group({}, columns)}
        for row in self._matching():
            key = tuple(get(row) for get in keys)
            if key not in found:
                found[key] = Group(row, columns)
            found[key].add(row)
        groups = list(found.values())
        for sort_key, sortable in reversed(self._sort_keys):
            groups.sort(key=lambda group: sortable(group.first), reverse=sort_key.is_descending)
        return [self._aggregate(group) for group in islice(groups, self.query.offset, self._stop)]

    def _aggregate(self, group: Group) -> Record:
        record: Record = {"attributes": {"type": "AggregateResult"}}
        unnamed = 0
        for column, value in zip(self.query.columns, group.values(), strict=True):
            name = column.alias or (f"expr{unnamed}" if column.function else self.paths.field(column.path).name)
            unnamed += bool(column.function and not column.alias)
            record[name] = json_value(value)
        return record

    @property
    def _stop(self) -> int | None:
        return None if self.query.limit is None else self.query.offset + self.query.limit

    def _matching(self) -> Iterator[Row]:
        found: Iterable[Row] = self._candidates()
        found = filter(self.shows, found)
        return filter(self._test, found) if self._test else iter(found)

    def _candidates(self) -> Iterator[Row]:
        if self.sobject.name == "UserRecordAccess":
            return record_accesses(self.access, *asked_accesses(self.query, self.paths))
        if self.sobject.name == "UserPermissionAccess":
            return iter([own_permissions(self.org, self.access.username)])
        if self._ids is None:
            return rows.rows_between(self.org, self.sobject.name, self._times.values())
        found = (rows.row(self.org, self.sobject.name, record_id) for record_id in self._ids)
        return (row for row in found if row is not None)

    def _ordered(self) -> Iterator[Row]:
        if not self._sort_keys or self._is_in_id_order():
            return self._matching()
        return iter(self._best(self._stop))

    def _is_in_id_order(self) -> bool:
        """Records come by ascending id anyway: a walk by id need not be sorted."""
        first, _ = self._sort_keys[0]
        is_plain = not first.is_descending and self.paths.field(first.path).type == "id" and len(first.path.parts) == 1
        return is_plain and self.sobject.name in rows.WORLD_OBJECTS

    def _best(self, stop: int | None) -> list[Row]:
        """All rows sorted, or the first `stop` of them without holding many more."""
        if stop is None:
            return self._sort(list(self._matching()))
        kept: list[Row] = []
        matching = self._matching()
        while chunk := list(islice(matching, 2000 + stop)):
            kept = self._sort(kept + chunk)[:stop]
        return kept

    def _sort(self, found: list[Row]) -> list[Row]:
        for key, sortable in reversed(self._sort_keys):
            found.sort(key=sortable, reverse=key.is_descending)
        return found


def _queried_object(access: Access, query: Query, *, is_tooling: bool) -> SObject:
    org, sobject = access.org, access.sobject(query.sobject)
    definitions = {item.name for item in DEFINITIONS}
    is_reachable = sobject is not None and (sobject.name not in TOOLING_ONLY or is_tooling)
    is_hidden = org.policies.is_setup_hidden and sobject is not None and sobject.name in TOOLING_ONLY | definitions
    if sobject is None or not is_reachable or is_hidden:
        sentence = (
            f"sObject type '{query.sobject}' is not supported. If you are attempting to use a custom object, be "
            "sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            "appropriate names."
        )
        position = query.statement.lower().rfind(query.sobject.lower())
        raise compile_error("INVALID_TYPE", query.statement, position, sentence)
    return sobject


def _with_fields(query: Query, sobject: SObject) -> Query:
    """The query with FIELDS(...) replaced by the fields it stands for."""
    columns: list[Column] = []
    for column in query.columns:
        if column.function != ALL_FIELDS:
            columns.append(column)
            continue
        scope = column.path.parts[0]
        if scope != "STANDARD" and (query.limit is None or query.limit > MAX_ALL_FIELDS):
            sentence = f"The SOQL FIELDS function must have a LIMIT of at most {MAX_ALL_FIELDS}"
            raise compile_error("MALFORMED_QUERY", query.statement, column.path.position, sentence)
        wanted = {"ALL": {True, False}, "STANDARD": {False}, "CUSTOM": {True}}[scope]
        names = [item.name for item in sobject.fields.values() if item.is_custom in wanted]
        columns += [Column(Path((name,), column.path.position)) for name in names]
    if query.columns and not columns:
        raise compile_error("MALFORMED_QUERY", query.statement, 0, "FIELDS(CUSTOM) names no field of this object")
    return replace(query, columns=tuple(columns))


def _joined(access: Access, condition: Condition | None, paths: Paths) -> Condition | None:
    """The condition with every semi-join replaced by the ids it found."""
    if isinstance(condition, Not):
        return Not(_joined(access, condition.term, paths) or condition.term)
    if isinstance(condition, Chain):
        return Chain(condition.is_and, tuple(_joined(access, term, paths) or term for term in condition.terms))
    if condition is None or not isinstance(condition.values[0], Subquery):
        return condition
    plan = Plan(access.org, condition.values[0].query, username=access.username)
    column = plan.query.columns[0].path
    for resolver, path in ((paths, condition.path), (plan.paths, column)):
        if resolver.field(path).type not in {"id", "reference"}:
            sentence = f"The field '{path}' of a semi join must be an id or a reference"
            raise compile_error("MALFORMED_QUERY", paths.query.statement, path.position, sentence)
    get = plan.paths.getter(column)
    ids = {str(get(row)) for row in plan.matches()} - {"None"}
    return replace(condition, values=tuple(map(Text, sorted(ids))) or (NO_ID,))


def _sortable(paths: Paths, key: SortKey) -> Callable[[Row], tuple[bool, Any]]:
    """A sort key: nulls first in both directions unless asked otherwise, text without regard to case."""
    field = paths.field(key.path)
    if not field.is_filterable:
        sentence = f"field '{field.name}' can not be sorted in a query call"
        raise compile_error("INVALID_FIELD", paths.query.statement, key.path.position, sentence)
    get = paths.getter(key.path)
    ignores_case = field.type not in {"id", "reference"}
    is_null_high = key.is_nulls_last != key.is_descending

    def sortable(row: Row) -> tuple[bool, Any]:
        value = get(row)
        if value is None:
            return is_null_high, 0
        return not is_null_high, value.casefold() if ignores_case and isinstance(value, str) else value

    return sortable


class Group:
    """One group of an aggregate query: its first row, and a running value for each column. Keeps no other rows."""

    def __init__(self, first: Row, columns: list[tuple[str, Getter]]) -> None:
        self.first = first
        self._columns = columns
        starts: dict[str, Callable[[], Any]] = {"COUNT": int, "COUNT_DISTINCT": set}
        self._values = [starts.get(function, lambda: None)() for function, _ in columns]

    def add(self, row: Row) -> None:
        for position, (function, get) in enumerate(self._columns):
            if function and (value := get(row)) is not None:
                self._values[position] = _fold(function, self._values[position], value)

    def values(self) -> list[Any]:
        running = zip(self._columns, self._values, strict=True)
        return [
            get(self.first) if not function else len(value) if function == "COUNT_DISTINCT" else value
            for (function, get), value in running
        ]


def _fold(function: str, so_far: Any, value: Any) -> Any:
    if function == "COUNT":
        return so_far + 1
    if function == "COUNT_DISTINCT":
        so_far.add(value)
        return so_far
    if so_far is None:
        return value
    return min(so_far, value) if function == "MIN" else max(so_far, value)


class Shape:
    """The selected columns as a tree: own fields, and one shape for each parent, in the order selected."""

    def __init__(self, paths: Paths, sobject: SObject, columns: tuple[Column, ...]) -> None:
        self._is_any_of_several = not sobject.key_prefix
        self._fields: list[str] = []
        self._booleans: set[str] = set()
        self._parents: dict[str, tuple[Parent, Shape]] = {}
        for column in columns:
            steps, field = paths.resolve(column.path)
            self.add(paths, steps, field)

    def add(self, paths: Paths, steps: list[Field], field: Field) -> None:
        if not steps:
            self._fields.append(field.name)
            self._booleans |= {field.name} if field.type == "boolean" else set()
            return
        step = steps[0]
        if step.relationship not in self._parents:
            self._fields.append(step.relationship)
            self._parents[step.relationship] = paths.parent(step), Shape(paths, paths.parent_object(step), ())
        self._parents[step.relationship][1].add(paths, steps[1:], field)

    def record(self, sobject: str, row: Row, base: str) -> Record:
        # A parent that may be of several objects calls itself Name; its URL tells the object (recorded answers).
        kind = "Name" if self._is_any_of_several else sobject
        record: Record = {"attributes": {"type": kind, "url": f"{base}/sobjects/{sobject}/{row['Id']}"}}
        for name in self._fields:
            value = row.get(name, False if name in self._booleans else None)
            record[name] = self._nested(name, row, base) if name in self._parents else json_value(value)
        return record

    def _nested(self, name: str, row: Row, base: str) -> Record | None:
        parent, shape = self._parents[name]
        found = parent(row)
        return None if found is None else shape.record(*found, base)


def json_value(value: Any) -> Any:
    """A value as JSON spells it: datetimes with milliseconds and +0000, dates as YYYY-MM-DD."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")[:23] + "+0000"
    return value.isoformat() if isinstance(value, date) else value
