"""What Salesforce refuses in queries on definitions and packages ("SOQL limits on objects", Tooling API reference)."""

from collections.abc import Iterator
from typing import Final

from sandbox.salesforce.errors import SalesforceError, compile_error
from sandbox.salesforce.paths import Paths
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.soql import Chain, Comparison, Condition, Not, Query

DEFINITION_OBJECTS: Final = frozenset({"EntityDefinition", "FieldDefinition", "EntityParticle", "Publisher"})
# Objects that answer only for one named parent or id.
REQUIRED_FILTERS: Final = {
    "FieldDefinition": ("entitydefinition.qualifiedapiname", "entitydefinitionid", "durableid"),
    "EntityParticle": ("entitydefinition.qualifiedapiname", "entitydefinitionid", "durableid"),
    "SubscriberPackage": ("id",),
    "SubscriberPackageVersion": ("id",),
}
UNFILTERABLE: Final = frozenset({"InstalledSubscriberPackage"})


def check_metadata_query(query: Query, sobject: SObject, paths: Paths) -> None:
    """Raises SalesforceError for a query that needs a filter it lacks or a form these objects do not support."""
    comparisons = list(comparisons_of(query.where)) if query.where else []
    for comparison in comparisons:
        paths.resolve(comparison.path)
    if sobject.name in DEFINITION_OBJECTS:
        _check_definition_query(query, comparisons)
    _check_required_filter(query, sobject, comparisons)
    if sobject.name in UNFILTERABLE and any(str(item.path).lower() != "id" for item in comparisons):
        path = comparisons[0].path
        sentence = f"field '{path}' can not be filtered in a query call"
        raise compile_error("INVALID_FIELD", query.statement, path.position, sentence)


def _check_definition_query(query: Query, comparisons: list[Comparison]) -> None:
    if query.is_count or query.is_aggregate:
        raise SalesforceError("MALFORMED_QUERY", "COUNT() and GROUP BY are not supported on this object")
    if query.where and any(isinstance(item, Chain) and not item.is_and for item in _conditions(query.where)):
        raise SalesforceError("MALFORMED_QUERY", "Disjunctions not supported")
    is_negated = query.where is not None and any(isinstance(item, Not) for item in _conditions(query.where))
    if is_negated or any(item.operator not in {"=", "IN", "LIKE"} for item in comparisons):
        raise SalesforceError("MALFORMED_QUERY", "Only equals comparisons permitted")


def _check_required_filter(query: Query, sobject: SObject, comparisons: list[Comparison]) -> None:
    required = REQUIRED_FILTERS.get(sobject.name, ())
    named = {str(item.path).lower() for item in comparisons if item.operator in {"=", "IN"}}
    if required and not named.intersection(required):
        sentence = f"A filter on a reified column is required [{', '.join(required)}] for {sobject.name}"
        raise SalesforceError("MALFORMED_QUERY", sentence)


def _conditions(condition: Condition) -> Iterator[Condition]:
    yield condition
    if isinstance(condition, Chain):
        for term in condition.terms:
            yield from _conditions(term)
    if isinstance(condition, Not):
        yield from _conditions(condition.term)


def comparisons_of(condition: Condition) -> Iterator[Comparison]:
    """Every comparison of a condition, however deep in it."""
    return (item for item in _conditions(condition) if isinstance(item, Comparison))
