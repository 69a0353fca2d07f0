"""Connecting a Sales account as a Salesforce user who does not log in, such as an integration user."""

from functools import partial

import structlog
from django.db import transaction

from accounts.models import User
from clients.http import ApiError, reported_call
from connections.models import ConnectMethod, SalesforceApp, SalesforceConnection, Service
from connections.services.call_recorder import record_call_failure
from connections.services.sessions import calling_origin, oauth_app, open_session
from connections.services.token_grants import by_client_credentials, by_key
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from salesforce_apps.services import in_turn
from salesforce_orgs.storing import SIGN_IN, Made, keep_connection

_log = structlog.get_logger(__name__)


def connect_without_login(
    app: SalesforceApp, *, by: User, method: ConnectMethod, org_origin: str, username: str = ""
) -> SalesforceConnection:
    """
    Connect the app's account to the org whose My Domain is `org_origin`: as the user whom the app runs as, or with JWT
    bearer tokens as `username`. Takes the place of an earlier connection to the same org. Raises ConnectionProblem.
    """
    if method == ConnectMethod.JWT_BEARER and not app.keys.exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NO_KEY)
    origin = calling_origin(org_origin)
    session = open_session(allowed_hosts=[origin])
    made = Made(account=app.account, user=by, is_own=False, app=app, login_origin=origin, method=method)
    noted = reported_call(partial(record_call_failure, app.account_id, user=by), SIGN_IN, Service.SALESFORCE)
    try:
        with in_turn(app), noted:
            if method == ConnectMethod.JWT_BEARER:
                # Durable: that the next key took the old one's place stays true whatever follows.
                with transaction.atomic(durable=True):
                    answer = by_key(app, oauth_app(app), username, origin, session)
            else:
                answer = by_client_credentials(oauth_app(app), origin, session)
            return keep_connection(made, answer)
    except ApiError as failure:
        _log.warning("salesforce_server_connection_failed", account=app.account.slug, error=str(failure))
        raise ConnectionProblem(problem_code(failure)) from None
