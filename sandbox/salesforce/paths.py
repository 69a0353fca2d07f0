"""Field paths of a query resolved once: which field a path names, and a closure that reads it from a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sandbox.salesforce import rows
from sandbox.salesforce.access import Access
from sandbox.salesforce.errors import SalesforceError, compile_error
from sandbox.salesforce.schema import NAME, Field, SObject
from sandbox.salesforce.soql import Path, Query

Getter = Callable[[rows.Row], Any]
Parent = Callable[[rows.Row], tuple[str, rows.Row] | None]
# Parents remembered within one query: enough for the users and queues that own everything.
REMEMBERED_PARENTS = 4096


class Paths:
    """Resolves the paths of one query against its object. Raises SalesforceError INVALID_FIELD for unknown names."""

    def __init__(self, access: Access, query: Query, sobject: SObject) -> None:
        self.access = access
        self.query = query
        self.sobject = sobject
        self._parent_row = lru_cache(REMEMBERED_PARENTS)(self._find_parent)

    def field(self, path: Path) -> Field:
        return self.resolve(path)[1]

    def resolve(self, path: Path) -> tuple[list[Field], Field]:
        """The references to follow, then the field to read."""
        names = [name.lower() for name in path.parts]
        if len(names) > 1 and names[0] == self.query.alias.lower():
            names = names[1:]
        sobject, steps = self.sobject, []
        for name in names[:-1]:
            step = sobject.relationships.get(name)
            if step is None or not self._is_readable(step):
                raise self._unknown_relationship(path, name)
            steps.append(step)
            sobject = self.parent_object(step)
        found = sobject.fields.get(names[-1])
        if found is None:
            raise self._unknown_column(path, sobject)
        return steps, found

    def _is_readable(self, step: Field) -> bool:
        """A reference to an object that the user may not read leads nowhere."""
        return any(self.access.may_read(parent) for parent in step.parents)

    def parent_object(self, step: Field) -> SObject:
        return NAME if len(step.parents) > 1 else self.access.known_sobject(step.parents[0])

    def getter(self, path: Path) -> Getter:
        """A closure from a row to the value; None where a parent on the way is missing."""
        steps, found = self.resolve(path)
        name = found.name
        if not steps:
            # A checkbox is never null.
            default = False if found.type == "boolean" else None
            return lambda row: row.get(name, default)
        parents = [self.parent(step) for step in steps]
        return lambda row: _follow(row, parents, name)

    def parent(self, step: Field) -> Parent:
        """A closure from a row to the name and row of the parent a reference points to."""
        name, parents, find = step.name, step.parents, self._parent_row
        # Who may read a contact or an opportunity may read its account (Salesforce, "Implicit Sharing").
        is_readable = name == "AccountId"
        return lambda row: find(parents, row.get(name), is_readable)

    def _find_parent(
        self,
        parents: tuple[str, ...],
        record_id: str | None,
        is_readable: bool,  # noqa: FBT001 (remembered by position)
    ) -> tuple[str, rows.Row] | None:
        found = rows.parent_row(self.access.org, parents, record_id)
        return found if found is None or is_readable or self.access.sees(*found) else None

    def _unknown_column(self, path: Path, sobject: SObject) -> SalesforceError:
        sentence = (
            f"No such column '{path.parts[-1]}' on entity '{sobject.name}'. If you are attempting to use a custom "
            "field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the "
            "describe call for the appropriate names."
        )
        return compile_error("INVALID_FIELD", self.query.statement, path.position, sentence)

    def _unknown_relationship(self, path: Path, name: str) -> SalesforceError:
        sentence = (
            f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
            "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL "
            "or the describe call for the appropriate names."
        )
        return compile_error("INVALID_FIELD", self.query.statement, path.position, sentence)


def _follow(row: rows.Row, parents: list[Parent], name: str) -> Any:
    for parent in parents:
        found = parent(row)
        if found is None:
            return None
        row = found[1]
    return row.get(name)
