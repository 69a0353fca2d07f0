"""What the library leaves out of the description (OpenAPI 3.1)."""

from typing import Any, TypeVar

from api import problems

DESCRIPTION = (
    "Reads what Sync operations and Diagnostics show; docs/api.md explains it. "
    "Times are UTC; sentences are in the language of the header Accept-Language (en or sv)."
)
TAG = {"description": "Of this answer; sent back as If-None-Match it saves sending the same again."}
IF_NONE_MATCH = {"in": "header", "name": "If-None-Match", "required": False, "schema": {"type": "string"}}
RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer"}}
Schema = TypeVar("Schema", bound=dict[str, Any])


def complete(schema: Schema) -> Schema:
    """Errors are problem+json; good answers have a tag."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                parameter["schema"] = _without_null(parameter["schema"])
            operation["parameters"].append(IF_NONE_MATCH)
            for status, answer in operation["responses"].items():
                _complete(int(status), answer)
    return schema


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An address can leave a parameter out, and has no way to write null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]} if kinds else schema


def _complete(status: int, answer: dict[str, Any]) -> None:
    if status < 400:
        answer["headers"] = {"ETag": {**TAG, "schema": {"type": "string"}}}
        return
    [content] = answer["content"].values()
    answer["content"] = {problems.MEDIA_TYPE: content}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (429, 503):
        answer["headers"] = {"Retry-After": RETRY_AFTER}
