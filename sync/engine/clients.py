"""The clients of the neighbours, for an account that may have been disconnected in the middle of a run."""

from accounts.models import SalesAccount
from connections.marketo.client import MarketoClient
from connections.models import MarketoConnection, SalesforceConnection
from connections.salesforce.client import SalesforceClient
from connections.services import marketo_client, salesforce_client
from sync.engine.budget import MarketoBudget
from sync.engine.problems import RunFailed


def marketo_of(account: SalesAccount) -> MarketoClient:
    """Raises RunFailed when the account is no longer connected to Marketo."""
    connection = MarketoConnection.objects.of_account(account).first()
    if connection is None:
        raise RunFailed("disconnected", service="Marketo")
    return marketo_client(connection)


def budget_of(account: SalesAccount) -> MarketoBudget:
    """The budget of the account's Marketo instance; raises RunFailed when the account is no longer connected."""
    connection = MarketoConnection.objects.of_account(account).first()
    if connection is None:
        raise RunFailed("disconnected", service="Marketo")
    return MarketoBudget(connection.endpoint)


def salesforce_of(account: SalesAccount) -> SalesforceClient:
    """Raises RunFailed when the account is no longer connected to Salesforce."""
    connection = SalesforceConnection.objects.of_account(account).first()
    if connection is None:
        raise RunFailed("disconnected", service="Salesforce")
    return salesforce_client(connection)
