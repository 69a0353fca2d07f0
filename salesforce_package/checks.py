"""Looking at a Salesforce org for what the checklist can see there."""

from clients.http import AccessDenied, ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.salesforce.client import SalesforceClient
from salesforce_package.items.checklist import ITEMS
from salesforce_package.items.declaration import Check
from salesforce_package.org import Expectation, Finding, Org, State


def check_org(client: SalesforceClient, expected: Expectation) -> dict[str, Finding]:
    """
    A finding for every checklist item that an API can see, by item key.

    Raises an ApiError only when the org as a whole cannot be asked: an item that is refused is UNKNOWN.
    """
    org = Org(client, client.organization(), expected)
    return {key: _look(item.check, org) for key, item in ITEMS.items() if item.check}


def _look(check: Check, org: Org) -> Finding:
    try:
        return check(org)
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except AccessDenied:
        return Finding(State.UNKNOWN, "no_access")
    except ApiError as error:
        return Finding(State.UNKNOWN, "failed", {"code": error.code})
