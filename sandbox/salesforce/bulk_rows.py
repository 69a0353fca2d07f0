"""Rows of a bulk upload written as records, for both generations of the Bulk API."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any, Final

from sandbox.salesforce import writes
from sandbox.salesforce.access import Access
from sandbox.salesforce.collections import Result, Write, written
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.external_ids import external_id_field
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows import long_id
from sandbox.salesforce.schema import SObject

OPERATIONS: Final = ("insert", "update", "upsert", "delete", "hardDelete")
# What a CSV cell says to empty a field; an empty cell leaves it alone.
EMPTIED: Final = "#N/A"
DELIMITERS: Final = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}


class Upload:
    """What is done with every row of an upload. Raises SalesforceError for an operation or a field there is not."""

    def __init__(self, org: Org, sobject: str, operation: str, external_id: str, username: str) -> None:
        if operation not in OPERATIONS:
            raise SalesforceError("INVALIDJOB", f"operation must be one of {', '.join(OPERATIONS)}")
        self.org = org
        self.sobject: SObject = writes.writable(Access(org, username), sobject)
        self.operation = operation
        self.external_id = external_id
        self.username = username
        if operation == "upsert":
            external_id_field(self.sobject, external_id)

    def write(self, row: dict[str, Any]) -> Result:
        """Do it with one row; a refusal is a result too."""
        return written(self._write(row))

    def _write(self, row: dict[str, Any]) -> Write:
        values = {name: value for name, value in row.items() if name.lower() != "id"}
        record_id = next((str(value) for name, value in row.items() if name.lower() == "id"), "")

        def write() -> tuple[str, bool]:
            if self.operation == "insert":
                return writes.create(self.org, self.sobject, values, self.username), True
            if self.operation == "upsert":
                wanted = str(row.get(self.external_id, ""))
                values.pop(self.external_id, None)
                return writes.upsert(self.org, self.sobject, (self.external_id, wanted), values, self.username)
            if self.operation == "update":
                writes.update(self.org, self.sobject, record_id, values, self.username)
            else:
                writes.delete(self.org, self.sobject, record_id, self.username)
            return long_id(record_id) or "", False

        return write


def read_csv(text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of an upload. Raises SalesforceError for rows of another length than the header."""
    header, *rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter)) or [[]]
    rows = [row for row in rows if row]
    if any(len(row) != len(header) for row in rows):
        raise SalesforceError("InvalidBatch", "Field name count and value count differ in a row")
    return header, rows


def values_of(header: list[str], cells: list[str]) -> dict[str, Any]:
    """The values of a CSV row; a column such as `Account.Ext__c` names the parent by an external id."""
    values: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        if not cell:
            continue
        value = None if cell == EMPTIED else cell
        parent, _, key = name.partition(".")
        values[parent] = {key: value} if key else value
    return values


def write_csv(rows: list[list[str]], delimiter: str = ",", line_ending: str = "\n") -> str:
    """Rows as the Bulk API writes them: every value in quotes."""
    target = StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator=line_ending, quoting=csv.QUOTE_ALL).writerows(rows)
    return target.getvalue()


def error_text(result: Result) -> str:
    """The errors of a refused row in one cell: code, message and fields."""
    errors = result["errors"]
    return ";".join(f"{item['statusCode']}:{item['message']}:{','.join(item['fields'])} --" for item in errors)
