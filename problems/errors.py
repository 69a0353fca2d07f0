"""Errors of ours at a call, besides those of the clients."""

from clients.http import ReconnectNeeded


class CredentialsUnreadable(ReconnectNeeded):
    """The credentials are there, but no key of FIELD_ENCRYPTION_KEYS can read them."""


class AppUnreadable(CredentialsUnreadable):
    """The secret of a Salesforce app is there, but no key of FIELD_ENCRYPTION_KEYS can read it."""
