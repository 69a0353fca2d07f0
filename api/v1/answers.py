"""What answers have in common: which there are of each address, and the fields that many have."""

from typing import Annotated, Any

from ninja import Path, Schema
from pydantic import Field

_OF_SLUG: Any = {"pattern": r"^[-a-zA-Z0-9_]+$", "max_length": 50, "description": "The short name of an account."}
Slug = Annotated[str, Path(**_OF_SLUG)]
ChosenSlug = Annotated[str | None, Field(**_OF_SLUG)]
Key = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Problem(Schema):
    """What went wrong, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    detail: str
    errors: Annotated[list[str] | None, Field(description="What of the request is wrong, one sentence each.")] = None
    reference: Annotated[str | None, Field(description="By which the operator finds an error of ours.")] = None


class Explained(Schema):
    """A problem for a person: what happened, what to do, and who can do it."""

    what: str
    todo: str
    who: str


ERRORS = (400, 401, 403, 404, 405, 406, 422, 429, 500, 503)


def answers(good: Any) -> dict[int, Any]:
    """The answers of an address: the good one, that it is unchanged, and what may go wrong everywhere."""
    return {200: good, 304: None, **dict.fromkeys(ERRORS, Problem)}
