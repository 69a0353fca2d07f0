"""A failed call made again by hand or by the clock: the same, or for a right that lacked a cheap one that needs it."""

import re
from collections.abc import Callable
from typing import Any

from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from clients.salesforce.oauth import TOKEN_PATH
from connections.models import MarketoConnection, Service
from connections.services.call_recorder import Connection
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.token_refresh import renew_access
from problems.codes import PERMISSION

Calls = dict[str, Callable[..., Any]]

_SYNCED_OBJECTS = ("Lead", "Contact", "OpportunityContactRole")


def _read_synced_objects(client: SalesforceClient) -> None:
    for sobject in _SYNCED_OBJECTS:
        client.query(f"SELECT Id FROM {sobject} LIMIT 1")  # noqa: S608


def _read_setup(client: SalesforceClient) -> None:
    client.tooling_query("SELECT Id FROM RemoteProxy LIMIT 1")


# Operations that say all that was asked, as patterns; their groups are the call's arguments.
_SAME_CALLS: dict[Service, Calls] = {
    Service.SALESFORCE: {
        r"sobjects/(\w+)/describe": SalesforceClient.fields_of,
    },
    Service.MARKETO: {
        r"/rest/v1/leads/describe\.json": MarketoClient.describe_fields,
        r"/rest/v1/activities/types\.json": MarketoClient.activity_type_ids,
        r"/rest/v1/stats/usage\.json": MarketoClient.usage_today,
        r"/userservice/management/v1/users/allusers\.json": MarketoClient.people,
        r"/userservice/management/v1/users/workspaces\.json": MarketoClient.workspaces,
    },
}
# Adobe's "Endpoint Reference" names the permission of each endpoint; bulk extracts need no other than REST calls do.
_SAME_RIGHT: dict[Service, Calls] = {
    Service.SALESFORCE: {
        r"query|(?:.*/)?jobs/query.*": _read_synced_objects,
        r"tooling/query": _read_setup,
    },
    Service.MARKETO: {
        r"/rest/v1/leads.*|/rest/v1/lists.*|/bulk/v1/leads/.*": MarketoClient.describe_fields,
        r"/rest/v1/activities.*": MarketoClient.activity_type_ids,
        r"/rest/asset/.*": MarketoClient.oldest_folder_created_at,
        r"/userservice/.*": MarketoClient.workspaces,
    },
}


def find_probe(service: str, operation: str, problem: str) -> Callable[[Any], Any] | None:
    """
    How to see whether a call that ended with a problem would succeed now, without changing anything.

    The function answered raises ApiError while it would not. None when no call can show it.
    """
    if operation == TOKEN_PATH:
        return renew_access
    calls = _SAME_CALLS[Service(service)]
    if problem in PERMISSION:
        calls = calls | _SAME_RIGHT[Service(service)]
    for pattern, call in calls.items():
        if found := re.fullmatch(pattern, operation, re.ASCII):
            return lambda connection: call(_client(connection), *found.groups())
    return None


def _client(connection: Connection) -> MarketoClient | SalesforceClient:
    return marketo_client(connection) if isinstance(connection, MarketoConnection) else salesforce_client(connection)
