"""Rows of UserRecordAccess: what a user may do with named records (Object Reference, "UserRecordAccess")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.salesforce.access import Access
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.metadata import comparisons_of
from sandbox.salesforce.org import Row
from sandbox.salesforce.paths import Paths
from sandbox.salesforce.rows import long_id, object_of
from sandbox.salesforce.soql import Query, Text

MAX_RECORDS: Final = 200


def asked_accesses(query: Query, paths: Paths) -> tuple[str, list[str]]:
    """The user and the records a query names. Raises SalesforceError: it must name one user and up to 200 records."""
    found: dict[str, list[str]] = {}
    for item in comparisons_of(query.where) if query.where else ():
        if item.operator in {"=", "IN"}:
            ids = [long_id(value.value) for value in item.values if isinstance(value, Text)]
            found[paths.field(item.path).name] = [record_id for record_id in ids if record_id]
    users, records = found.get("UserId", []), found.get("RecordId", [])
    if len(users) != 1 or not records or len(records) > MAX_RECORDS:
        sentence = f"UserRecordAccess must be filtered by one UserId and by up to {MAX_RECORDS} of RecordId"
        raise SalesforceError("MALFORMED_QUERY", sentence)
    return users[0], records


def record_accesses(access: Access, user_id: str, record_ids: list[str]) -> Iterator[Row]:
    """A row for each record that the running user may read."""
    user = next((row for row in access.org.world.salesforce_rows("User") if row["Id"] == user_id), None)
    if user is None:
        return
    asked = Access(access.org, user["Username"])
    for record_id in record_ids:
        sobject = object_of(record_id)
        row = access.row(sobject, record_id) if sobject else None
        if row is not None:
            yield _row(user_id, record_id, _level(asked, sobject, row, user_id))


def _level(asked: Access, sobject: str, row: Row, user_id: str) -> str:
    """All for the owner, what the organization-wide default gives where everybody sees everything, else what is shared.

    (The default of leads includes their transfer, that of the others does not.)
    """
    if row.get("OwnerId") == user_id:
        return "All"
    if asked.test(sobject) is None:
        return "Transfer" if sobject == "Lead" else "Edit"
    return "Read" if asked.sees(sobject, row) else "None"


def _row(user_id: str, record_id: str, level: str) -> Row:
    """Each level includes those before it; who may edit need not be able to delete."""
    return {
        "Id": record_id,
        "UserId": user_id,
        "RecordId": record_id,
        "HasReadAccess": level != "None",
        "HasEditAccess": level in {"Edit", "Transfer", "All"},
        "HasTransferAccess": level in {"Transfer", "All"},
        "HasDeleteAccess": level == "All",
        "HasAllAccess": level == "All",
        "MaxAccessLevel": level,
    }
