"""The failed calls of an account: who has to act, and making one again by hand where that changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SalesAccount, User
from clients.http import ApiError, CircuitOpenError
from connections.models import ApiFailure, MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.call_recorder import Connection, end_problem
from connections.services.probes import find_probe
from diagnostics.messages import ACTORS, diagnosis_of
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from problems.problem import MARKETO_ADMIN, YOU, Problem

_SHOWN_FOR = timedelta(days=30)
_NOT_CONNECTED = {
    Service.MARKETO: ProblemCode.MARKETO_NOT_CONNECTED,
    Service.SALESFORCE: ProblemCode.SALESFORCE_NOT_CONNECTED,
}


@dataclass(frozen=True)
class ExplainedFailure:
    """A failure with its cause and remedy."""

    row: ApiFailure
    problem: Problem
    # Who has to act, as it is said to the person at the screen.
    who: str

    @property
    def subject(self) -> str:
        """What a link for help is about."""
        return f"failure:{self.row.pk}"

    @property
    def can_retry(self) -> bool:
        return _repeat(self.row) is not None


@dataclass(frozen=True)
class ActorFailures:
    """Failures that one person, or one kind of person, has to act on, the latest first."""

    who: str
    failures: list[ExplainedFailure]


def shown_failures(accounts: Iterable[SalesAccount]) -> QuerySet[ApiFailure]:
    """What failed in the last 30 days."""
    return shown_among(ApiFailure.objects.filter(account__in=accounts))


def shown_among(failures: QuerySet[ApiFailure]) -> QuerySet[ApiFailure]:
    """Those of the last 30 days."""
    recent = failures.filter(last_seen_at__gte=timezone.now() - _SHOWN_FOR)
    # An export that cannot be cancelled has ended: nobody has to act.
    return recent.exclude(operation__endswith="/cancel.json")


def explained_failures(account: SalesAccount, reader: User) -> list[ExplainedFailure]:
    """The failures of the last 30 days, the latest first; `reader` is the person at the screen."""
    rows = shown_failures([account]).select_related("user").order_by("-last_seen_at")
    is_marketo_admin = MarketoInstance.objects.administered_by(reader).for_account(account).exists()
    return [_explain(row, reader, is_marketo_admin=is_marketo_admin) for row in rows]


def by_actor(explained: list[ExplainedFailure]) -> list[ActorFailures]:
    """Grouped by who has to act."""
    groups: dict[str, list[ExplainedFailure]] = {}
    for actor in ACTORS:
        for failure in explained:
            if failure.problem.who == actor:
                groups.setdefault(failure.who, []).append(failure)
    return [ActorFailures(who, failures) for who, failures in groups.items()]


def _explain(row: ApiFailure, reader: User, *, is_marketo_admin: bool) -> ExplainedFailure:
    problem = diagnosis_of(row.service, row.code, row.problem)
    who = str(problem.who)
    if problem.who == YOU and row.user and row.user != reader:
        who = str(row.user)
    elif problem.who == MARKETO_ADMIN and is_marketo_admin:
        who = _("You, as a Marketo admin")
    return ExplainedFailure(row, problem, who)


def retry_failure(*, account: SalesAccount, failure_id: int) -> bool:
    """
    Make the call again and answer whether it succeeds; the failure is solved then, and with it the problem that it gave
    the connection. Otherwise it is counted once more.

    Raises ApiFailure.DoesNotExist for one that cannot be made again, and ConnectionProblem when the account is not
    connected any more or the provider is given a pause.
    """
    failure = ApiFailure.objects.for_account(account).get(pk=failure_id)
    repeat = _repeat(failure)
    if repeat is None:
        raise ApiFailure.DoesNotExist
    connection = _connection(account, Service(failure.service))
    try:
        repeat(connection)
    except CircuitOpenError as error:
        raise ConnectionProblem(problem_code(error)) from None
    except ApiError:
        # Of a single call, which says little about the connection.
        return False
    ApiFailure.objects.filter(pk=failure.pk).update(solved_at=timezone.now())
    end_problem(connection, failure.problem, failure.operation)
    return True


def _repeat(failure: ApiFailure) -> Callable[[Connection], Any] | None:
    return find_probe(failure.service, failure.operation, failure.problem)


def _connection(account: SalesAccount, service: Service) -> Connection:
    model = MarketoConnection if service is Service.MARKETO else SalesforceConnection
    connection: Connection | None = model.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(_NOT_CONNECTED[service])
    return connection
