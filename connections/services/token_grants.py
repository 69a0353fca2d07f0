"""New tokens for a connection, asked for by the method it was made with."""

from django.db import transaction

from accounts.services import record
from clients.http import ProviderSession
from clients.salesforce import oauth
from clients.salesforce.errors import SERVICE
from clients.salesforce.oauth import OAuthProblem, TokenAnswer
from clients.salesforce.server_flows import client_credentials, jwt_bearer
from connections.audit_actions import ConnectionAction
from connections.credentials import check_readable
from connections.models import ConnectMethod, SalesforceApp, SalesforceAppKey, SalesforceConnection
from connections.services.sessions import local_origins


def tokens_for(row: SalesforceConnection, app: oauth.OAuthApp, session: ProviderSession) -> TokenAnswer:
    """Tokens for a connection whose row this transaction holds. Raises ApiError."""
    if row.is_by_login:
        return oauth.refresh(
            app,
            session=session,
            origin=row.login_origin,
            refresh_token=row.refresh_token,
            extra_origins=local_origins(),
        )
    if row.method == ConnectMethod.JWT_BEARER and row.app:
        answer = by_key(row.app, app, row.username, row.login_origin, session)
    else:
        answer = by_client_credentials(app, row.login_origin, session)
    if (answer.org_id, answer.user_id) != (row.org_id, row.user_id):
        raise oauth.GrantRefused(OAuthProblem.OTHER_USER, OAuthProblem.OTHER_USER, app_kind=app.kind)
    return answer


def by_client_credentials(app: oauth.OAuthApp, origin: str, session: ProviderSession) -> TokenAnswer:
    """Tokens for the user whom the app runs as. Raises ApiError."""
    return client_credentials(app, session=session, origin=origin, extra_origins=local_origins())


def by_key(
    row: SalesforceApp, app: oauth.OAuthApp, username: str, origin: str, session: ProviderSession
) -> TokenAnswer:
    """
    Tokens by the key of an app, or by the next one where Salesforce has that one's certificate already: then it takes
    the old one's place. Raises ApiError.
    """
    refused = oauth.GrantRefused(OAuthProblem.BAD_ASSERTION, "no_key", app_kind=app.kind)
    for key in row.keys.all():
        check_readable(SERVICE, key.private_key)
        try:
            answer = jwt_bearer(
                app,
                username=username,
                private_key=key.private_key,
                session=session,
                origin=origin,
                extra_origins=local_origins(),
            )
        except oauth.GrantRefused as error:
            if error.problem is not OAuthProblem.BAD_ASSERTION:
                raise
            refused = error
        else:
            _use_key(key)
            return answer
    raise refused


@transaction.atomic
def _use_key(key: SalesforceAppKey) -> None:
    """Salesforce has accepted a key: the one before it is dropped."""
    if not key.is_next:
        return
    SalesforceAppKey.objects.filter(app=key.app, is_next=False).delete()
    SalesforceAppKey.objects.filter(pk=key.pk).update(is_next=False)
    action = ConnectionAction.SALESFORCE_KEY_REPLACED
    record(account=key.app.account, actor=None, action=action, target=key.app.name)
