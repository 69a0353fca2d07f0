"""The failed calls of an account: who has to act, and making one again by hand where that changes nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from accounts.models import SalesAccount
from connections.diagnoses import ACTORS, diagnosis_of
from connections.http import ApiError
from connections.marketo.client import MarketoClient
from connections.models import ApiFailure, MarketoConnection, SalesforceConnection, Service
from connections.problems import ConnectionProblem, Problem
from connections.salesforce.client import SalesforceClient
from connections.salesforce.oauth import TOKEN_PATH
from connections.services.clients import marketo_client, renew_access, salesforce_client

_SALESFORCE: dict[str, Callable[[SalesforceClient, str], Any]] = {
    r"sobjects/(\w+)/describe": SalesforceClient.describe,
    r"sobjects/(\w+)/describe/layouts": SalesforceClient.layouts,
}
_MARKETO: dict[str, Callable[[MarketoClient], Any]] = {
    "/rest/v1/leads/describe.json": MarketoClient.describe_fields,
    "/rest/v1/activities/types.json": MarketoClient.activity_type_ids,
    "/rest/v1/stats/usage.json": MarketoClient.usage_today,
    "/userservice/management/v1/users/allusers.json": MarketoClient.admins,
    "/userservice/management/v1/users/workspaces.json": MarketoClient.workspaces,
}


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
        return _can_retry(self.row)


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


def _can_retry(failure: ApiFailure) -> bool:
    """Does the path say what was asked, and does asking again change nothing?"""
    if failure.service == Service.MARKETO:
        return failure.operation in _MARKETO
    return failure.operation == TOKEN_PATH or _salesforce_call(failure.operation) is not None


def retry_failure(*, account: SalesAccount, failure_id: int) -> bool:
    """
    Make the call again and answer whether it succeeds; the failure is solved then, otherwise counted once more.

    Raises ApiFailure.DoesNotExist for one that cannot be made again, and ConnectionProblem when the account is not
    connected any more.
    """
    failure = ApiFailure.objects.of_account(account).get(pk=failure_id)
    if not _can_retry(failure):
        raise ApiFailure.DoesNotExist
    connection = _connection(account, Service(failure.service))
    try:
        _call_again(connection, failure.operation)
    except ApiError:
        # Of a single call, which says little about the connection.
        return False
    ApiFailure.objects.filter(pk=failure.pk).update(solved_at=timezone.now())
    return True


def _connection(account: SalesAccount, service: Service) -> MarketoConnection | SalesforceConnection:
    model = MarketoConnection if service is Service.MARKETO else SalesforceConnection
    connection: MarketoConnection | SalesforceConnection | None = model.objects.of_account(account).first()
    if connection is None:
        raise ConnectionProblem(f"{service}_not_connected")
    return connection


def _call_again(connection: MarketoConnection | SalesforceConnection, operation: str) -> None:
    if isinstance(connection, MarketoConnection):
        _MARKETO[operation](marketo_client(connection))
    elif operation == TOKEN_PATH:
        renew_access(connection)
    elif call := _salesforce_call(operation):
        ask, sobject = call
        ask(salesforce_client(connection), sobject)


def _salesforce_call(operation: str) -> tuple[Callable[[SalesforceClient, str], Any], str] | None:
    """What to call, and about which object."""
    for pattern, ask in _SALESFORCE.items():
        if found := re.fullmatch(pattern, operation, re.ASCII):
            return ask, found[1]
    return None
