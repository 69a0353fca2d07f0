"""The clients of the providers, for an account that may have been disconnected in the middle of a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import ApiError, CircuitOpenError, QuotaExceeded
from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.call_log import record_usage
from connections.services.client_factory import marketo_client, salesforce_client
from marketo_instances.allowances import learn_allowance
from pipeline.engine.budget import MarketoBudget
from sync.engine.problems import MustWait, RunFailed, Wait
from sync.leases import LeasedJob
from sync.models import SyncRun

# The last tenth of an org's calls is left to its other tools. Salesforce counts the last 24 hours, and each of its
# answers says how many are used: the connection is checked every hour.
SALESFORCE_SHARE = 0.9
LOOK_AGAIN = timedelta(hours=1)
NOT_FOUND = "1013"
Client = TypeVar("Client", MarketoClient, SalesforceClient)
_counting_step: ContextVar[LeasedJob | None] = ContextVar("counting_step", default=None)


def marketo_of(account: SalesAccount) -> MarketoClient:
    """Raises RunFailed when the account is no longer connected to Marketo."""
    return marketo_and_budget(account)[0]


def marketo_and_budget(account: SalesAccount) -> tuple[MarketoClient, MarketoBudget]:
    """The client and the budget of its calls; raises RunFailed when the account is no longer connected to Marketo."""
    connection = _marketo_connection(account)
    budget = _budget(account, connection)
    return _counted(marketo_client(connection), "marketo_calls", partial(_note, account, budget)), budget


def _note(account: SalesAccount, budget: MarketoBudget, error: ApiError | None) -> None:
    budget.count_call()
    if isinstance(error, QuotaExceeded):
        learn_allowance(account, error)


def budget_of(account: SalesAccount) -> MarketoBudget:
    """The budget of the account's Marketo instance; raises RunFailed when the account is no longer connected."""
    return _budget(account, _marketo_connection(account))


def _budget(account: SalesAccount, connection: MarketoConnection) -> MarketoBudget:
    instance = MarketoInstance.objects.for_account(account).first()
    return MarketoBudget(connection.endpoint, instance.share if instance else None)


def _marketo_connection(account: SalesAccount) -> MarketoConnection:
    connection: MarketoConnection | None = MarketoConnection.objects.for_account(account).first()
    if connection is None:
        raise RunFailed("disconnected", service="Marketo")
    return connection


def learn_usage(account: SalesAccount, client: MarketoClient, budget: MarketoBudget) -> None:
    """Ask Marketo once an hour how many calls everybody has made today, and keep it for budget and charts."""
    if not budget.is_due_to_learn():
        return
    calls = client.usage_today()
    budget.learn_calls(calls)
    record_usage(account.pk, Service.MARKETO, calls, budget.share.calls)


@contextmanager
def list_of(run: SyncRun) -> Iterator[None]:
    """Raises RunFailed when Marketo no longer has the list whose members the run reads."""
    try:
        yield
    except ApiError as error:
        if run.list_id is not None and error.code == NOT_FOUND:
            raise RunFailed("list_gone", list=run.list_name) from error
        raise


def salesforce_of(account: SalesAccount) -> SalesforceClient:
    """
    Raises RunFailed when the account is no longer connected to Salesforce, MustWait when the org's calls run out.
    """
    connection = SalesforceConnection.objects.for_account(account).first()
    if connection is None:
        raise RunFailed("disconnected", service="Salesforce")
    if connection.calls_per_day and (connection.calls_used_today or 0) > connection.calls_per_day * SALESFORCE_SHARE:
        raise MustWait(Wait("salesforce_share", timezone.now() + LOOK_AGAIN))
    return _counted(salesforce_client(connection), "salesforce_calls")


@contextmanager
def calls_counted_on(step: LeasedJob) -> Iterator[None]:
    """Count the calls of the clients of this module on a step, whose next write stores them."""
    token = _counting_step.set(step)
    try:
        yield
    finally:
        _counting_step.reset(token)


def _counted(client: Client, column: str, also: Callable[[ApiError | None], None] | None = None) -> Client:
    notes = client.on_call

    def ended(operation: str, error: ApiError | None) -> None:
        step, was_made = _counting_step.get(), not isinstance(error, CircuitOpenError)
        if step and was_made:
            setattr(step, column, getattr(step, column) + 1)
        if also and was_made:
            also(error)
        if notes:
            notes(operation, error)

    client.on_call = ended
    return client
