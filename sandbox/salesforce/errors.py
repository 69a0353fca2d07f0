"""The errors a Salesforce org answers with, in the words its API uses."""

from typing import Any


class SalesforceError(Exception):
    """One REST error: HTTP status, `errorCode` and message of the list envelope (REST API Developer Guide).

    `fields` are those a record was refused for; None when the error is not about a record.
    """

    def __init__(self, code: str, message: str, status: int = 400, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def as_dict(self) -> dict[str, Any]:
        """The error in the list envelope."""
        found = {"message": self.message, "errorCode": self.code}
        return found if self.fields is None else found | {"fields": list(self.fields)}

    def as_row_error(self) -> dict[str, Any]:
        """The error of one record among many, where the code goes by another name."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


def not_found() -> SalesforceError:
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", 404)


def compile_error(code: str, statement: str, position: int, sentence: str) -> SalesforceError:
    """An error of the SOQL compiler: the query's line, a caret, row and column, then the sentence (recorded answer)."""
    line_start = statement.rfind("\n", 0, position) + 1
    row = statement.count("\n", 0, position) + 1
    column = position - line_start
    line = statement[line_start:].split("\n", 1)[0]
    return SalesforceError(code, f"\n{line}\n{' ' * column}^\nERROR at Row:{row}:Column:{column + 1}\n{sentence}")
