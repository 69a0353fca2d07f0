"""The failed calls of an account: who has to act, and making one again by hand where that changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import SalesAccount
from connections.diagnoses import ACTORS, diagnosis_of
from connections.http import ApiError, Paused
from connections.models import ApiFailure, MarketoConnection, SalesforceConnection, Service
from connections.problems import ConnectionProblem, Problem, problem_code
from connections.services.clients import Connection, end_problem
from connections.services.repeats import find_repeat

SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class ExplainedFailure:
    """A failure with its cause and remedy."""

    row: ApiFailure
    problem: Problem

    @property
    def subject(self) -> str:
        """What a link for help is about."""
        return f"failure:{self.row.pk}"

    @property
    def can_retry(self) -> bool:
        return _repeat(self.row) is not None


@dataclass(frozen=True)
class ActorFailures:
    """Failures that one kind of person has to act on, the latest first."""

    who: Promise
    failures: list[ExplainedFailure]


def failures_by_actor(account: SalesAccount) -> list[ActorFailures]:
    """The failures of the last 30 days, grouped by who has to act."""
    rows = ApiFailure.objects.of_account(account).filter(last_seen_at__gte=timezone.now() - SHOWN_FOR)
    explained = [
        ExplainedFailure(row, diagnosis_of(row.service, row.code, row.problem))
        for row in rows.order_by("-last_seen_at")
    ]
    groups = [ActorFailures(who, [failure for failure in explained if failure.problem.who == who]) for who in ACTORS]
    return [group for group in groups if group.failures]


def retry_failure(*, account: SalesAccount, failure_id: int) -> bool:
    """
    Make the call again and answer whether it succeeds; the failure is solved then, and with it the problem that it gave
    the connection. Otherwise it is counted once more.

    Raises ApiFailure.DoesNotExist for one that cannot be made again, and ConnectionProblem when the account is not
    connected any more or the neighbour is given a pause.
    """
    failure = ApiFailure.objects.of_account(account).get(pk=failure_id)
    repeat = _repeat(failure)
    if repeat is None:
        raise ApiFailure.DoesNotExist
    connection = _connection(account, Service(failure.service))
    try:
        repeat(connection)
    except Paused as error:
        raise ConnectionProblem(problem_code(error)) from None
    except ApiError:
        # Of a single call, which says little about the connection.
        return False
    ApiFailure.objects.filter(pk=failure.pk).update(solved_at=timezone.now())
    end_problem(connection, failure.problem, failure.operation)
    return True


def _repeat(failure: ApiFailure) -> Callable[[Connection], Any] | None:
    return find_repeat(failure.service, failure.operation, failure.problem)


def _connection(account: SalesAccount, service: Service) -> Connection:
    model = MarketoConnection if service is Service.MARKETO else SalesforceConnection
    connection: Connection | None = model.objects.of_account(account).first()
    if connection is None:
        raise ConnectionProblem(f"{service}_not_connected")
    return connection
