"""Looking at a Salesforce org for what the checklist can see there."""

from clients.http import (
    AccessDenied,
    ApiError,
    QuotaExceeded,
    ReconnectNeeded,
    TransientApiError,
    UnexpectedAnswer,
    expected_shape,
)
from clients.salesforce.client import SalesforceClient
from clients.salesforce.errors import SERVICE
from salesforce_package.items.checklist import ITEMS
from salesforce_package.items.declaration import Check
from salesforce_package.org import Expectation, Finding, Org, State


def check_org(client: SalesforceClient, expected: Expectation) -> dict[str, Finding]:
    """
    A finding for every checklist item that an API can see, by item key.

    Raises an ApiError only when the org as a whole cannot be asked: an item that is refused, or answered in another
    shape than documented, is UNKNOWN and leaves the others alone.
    """
    org = Org(client, client.organization(), expected)
    return {key: look(item.check, org) for key, item in ITEMS.items() if item.check}


def look(check: Check, org: Org) -> Finding:
    """What a check finds. Raises an ApiError that is about the org as a whole."""
    try:
        with expected_shape(SERVICE, ""):
            return check(org)
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except AccessDenied:
        return Finding(State.UNKNOWN, "no_access")
    except UnexpectedAnswer:
        return Finding(State.UNKNOWN, "odd_answer")
    except ApiError as error:
        return Finding(State.UNKNOWN, "failed", {"code": error.code})
