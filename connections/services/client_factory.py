"""The clients of both providers as the other rooms use them: with stored credentials and shared tokens."""

from functools import partial

from clients.marketo.client import MarketoClient
from clients.salesforce.client import Access, SalesforceClient
from clients.salesforce.errors import SERVICE as SALESFORCE
from connections.credentials import check_readable
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.call_recorder import CallRecorder, record_call_failure
from connections.services.sessions import open_session
from connections.services.token_refresh import SharedTokenCache, TokenRefresh


def marketo_client(source: MarketoConnection | MarketoInstance) -> MarketoClient:
    """
    A client with the credentials of a connection or an instance; not for use by two threads at once.

    Raises CredentialsUnreadable.
    """
    check_readable(Service.MARKETO, source.client_secret)
    return MarketoClient(
        source.endpoint,
        source.client_id,
        source.client_secret,
        session=open_session(allowed_hosts=[source.endpoint]),
        token_cache=SharedTokenCache(source),
        on_call=CallRecorder(source).ended
        if isinstance(source, MarketoConnection)
        else partial(record_call_failure, source.account_id),
    )


def salesforce_client(connection: SalesforceConnection) -> SalesforceClient:
    """
    A client with the tokens of a connection; not for use by two threads at once.

    A refused token is refreshed in a transaction of its own: do not call Salesforce inside one, or that raises
    RuntimeError. Its calls raise ReconnectNeeded when the connection is refused for good; the row then says so.
    Raises CredentialsUnreadable.
    """
    check_readable(SALESFORCE, connection.access_token)
    if connection.is_by_login:
        check_readable(SALESFORCE, connection.refresh_token)
    session = open_session(allowed_hosts=[connection.instance_url, connection.login_origin])
    notes = CallRecorder(connection)
    return SalesforceClient(
        Access(connection.instance_url, connection.access_token),
        refresh=TokenRefresh(connection, session),
        session=session,
        on_usage=notes.used,
        on_call=notes.ended,
    )
