"""
How much the user of a connection is shown, as the look at it found and the connection's row keeps it.

Each provider answers with what its user may see and never says that this is not all: whoever is absent may be hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from django.utils import timezone

from connections.models import Service
from connections.services.call_recorder import Connection, row_of
from problems.codes import ProblemCode
from problems.messages import problem_for
from problems.problem import Problem

LIFETIME = timedelta(days=7)


class Verdict(StrEnum):
    """How much is shown: all, which a right or a default proves; some; or nobody can tell."""

    ALL = "all"
    SOME = "some"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """Whom a verdict is about: the objects of Salesforce by their API names, and Marketo's people."""

    LEAD = "Lead"
    CONTACT = "Contact"
    # Whoever sees all of them sees all of their contact roles (Object Reference, "OpportunityContactRole").
    OPPORTUNITY = "Opportunity"
    PERSON = "Person"


SYNCED = (Kind.LEAD, Kind.CONTACT)
_PROBLEMS = {
    (Service.SALESFORCE, Verdict.SOME): ProblemCode.SALESFORCE_SEES_SOME,
    (Service.SALESFORCE, Verdict.UNKNOWN): ProblemCode.SALESFORCE_SEES_UNPROVED,
    (Service.MARKETO, Verdict.SOME): ProblemCode.MARKETO_SEES_SOME,
    (Service.MARKETO, Verdict.UNKNOWN): ProblemCode.MARKETO_SEES_UNPROVED,
}


@dataclass(frozen=True)
class Sight:
    """
    What is shown of one kind: `seen` of `total`, both None where they were not counted, as when a right proves ALL.

    For Marketo both are about a sample of people who are known to exist.
    """

    verdict: Verdict
    seen: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Visibility:
    """What one look found, by kind: leads and contacts, or people."""

    sights: Mapping[Kind, Sight]

    @property
    def verdict(self) -> Verdict:
        """ALL where everything is seen, SOME where anything is hidden."""
        found = {sight.verdict for sight in self.sights.values()}
        return next((verdict for verdict in (Verdict.SOME, Verdict.UNKNOWN) if verdict in found), Verdict.ALL)

    @property
    def problem_code(self) -> ProblemCode | None:
        """The code whose sentences say what is the matter and what cures it; None when everybody is visible."""
        service = Service.MARKETO if Kind.PERSON in self.sights else Service.SALESFORCE
        return _PROBLEMS.get((service, self.verdict))

    @property
    def problem(self) -> Problem | None:
        return problem_for(self.problem_code) if self.problem_code else None

    def as_json(self) -> dict[str, dict[str, Any]]:
        """By kind: `verdict`, `seen` and `total`."""
        return {
            kind.value: {"verdict": sight.verdict.value, "seen": sight.seen, "total": sight.total}
            for kind, sight in self.sights.items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Mapping[str, Any]]) -> Self:
        """The inverse of `as_json`."""
        return cls(
            {Kind(kind): Sight(Verdict(item["verdict"]), item["seen"], item["total"]) for kind, item in stored.items()}
        )


def current_visibility(connection: Connection) -> Visibility | None:
    """What the last look found; None when nobody has looked for a week."""
    looked_at = connection.visibility_checked_at
    if looked_at is None or looked_at < timezone.now() - LIFETIME or not connection.visibility:
        return None
    return Visibility.from_json(connection.visibility)


def keep_visibility(connection: Connection, found: Visibility) -> None:
    """Store what a look has found, unless the connection was made anew since it was read."""
    row_of(connection).update(visibility=found.as_json(), visibility_checked_at=timezone.now())
