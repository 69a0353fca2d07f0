"""What links of this room may be about: the problems of connections, and single failed calls."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from accounts.models import SalesAccount
from accounts.permissions import Permission
from clients.salesforce.errors import SERVICE as SALESFORCE
from connections.asking import asking
from connections.models import ApiFailure, ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.services.health import check_connection
from connections.services.probes import find_probe
from diagnostics.failures import retry_failure
from diagnostics.help_links import HelpKind, HelpRequest, Subject
from diagnostics.messages import diagnosis_of
from problems.messages import PROBLEMS
from problems.problem import Problem


def _of_account(subject: Subject) -> QuerySet[Any]:
    """The connection of the account that the problem of this code is one of."""
    model = SalesforceConnection if subject.key.startswith(SALESFORCE) else MarketoConnection
    rows: QuerySet[Any] = model.objects.for_account(subject.account)
    return rows


def _own(subject: Subject) -> QuerySet[Any]:
    """The connection of whoever made the link."""
    return SalesforceConnection.objects.filter(account=subject.account, member__user_id=subject.by_id)


def _about_problem(subject: Subject, connections: QuerySet[Any]) -> HelpRequest | None:
    problem, connection = PROBLEMS.get(subject.key), connections.first()
    if problem is None or not problem.can_be_handed_on:
        return None
    # Another problem may only have come on top.
    is_solved = connection is not None and not connection.problem
    asked = _of_problem(subject.account, problem, is_solved=is_solved, values=list(problem.values))
    # After a refused sign-in only the next one shows it, which is made here.
    return replace(asked, is_checked=connection is not None and connection.status == ConnectionStatus.CONNECTED)


def _check_problem(subject: Subject, connections: QuerySet[Any]) -> None:
    with asking("connections", subject.account.pk):
        if connection := connections.first():
            check_connection(connection)


def _about_failure(subject: Subject) -> HelpRequest | None:
    rows = ApiFailure.objects.for_account(subject.account)
    failure = rows.filter(pk=subject.key).first() if subject.key.isdecimal() else None
    if failure is None:
        return None
    problem = diagnosis_of(failure.service, failure.code, failure.problem)
    if not problem.can_be_handed_on:
        return None
    values = [*problem.values, *(failure.names.split(", ") if failure.names else [])]
    asked = _of_problem(subject.account, problem, is_solved=failure.solved_at is not None, values=values)
    return replace(asked, is_checked=find_probe(failure.service, failure.operation, failure.problem) is not None)


def _check_failure(subject: Subject) -> None:
    with asking("connections", subject.account.pk):
        retry_failure(account=subject.account, failure_id=int(subject.key))


def _of_problem(account: SalesAccount, problem: Problem, *, is_solved: bool, values: list[str]) -> HelpRequest:
    return HelpRequest(account.name, problem.what, "", problem.todo, problem.who, is_solved, values=values)


KINDS = (
    HelpKind(
        name="problem",
        describe=lambda subject: _about_problem(subject, _of_account(subject)),
        check=lambda subject: _check_problem(subject, _of_account(subject)),
        page="diagnostics:diagnostics",
    ),
    HelpKind(
        name="own",
        describe=lambda subject: _about_problem(subject, _own(subject)),
        check=lambda subject: _check_problem(subject, _own(subject)),
        page="connections:own_salesforce",
        permission=Permission.CONNECT_OWN_SALESFORCE,
    ),
    HelpKind(name="failure", describe=_about_failure, check=_check_failure, page="diagnostics:diagnostics"),
)
