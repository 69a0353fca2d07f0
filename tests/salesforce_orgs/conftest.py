"""The people at Salesforce and its administrator, as in the room below."""

from tests.connections.conftest import (
    _registered_app,
    browser_of_this_morning,
    change_org,
    minute_of,
    person_at_salesforce,
)

__all__ = ["_registered_app", "browser_of_this_morning", "change_org", "minute_of", "person_at_salesforce"]
