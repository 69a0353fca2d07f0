"""Connections and the people at Salesforce, as in the room below."""

from tests.connections.conftest import _registered_app, change_org, minute_of, person_at_salesforce

__all__ = ["_registered_app", "change_org", "minute_of", "person_at_salesforce"]
