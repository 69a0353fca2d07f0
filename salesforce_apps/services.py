"""The apps that a Sales account has made in its orgs: entering, checking, replacing and removing them."""

from contextlib import AbstractContextManager

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from accounts.services import record
from clients.http import ApiError
from clients.salesforce import app_check, oauth
from connections.asking import PRESSES, asking
from connections.models import ConnectionStatus, ConnectMethod, SalesforceApp
from connections.services.sessions import calling_origin, local_origins, oauth_app, open_session
from connections.services.token_refresh import refresh_row
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from salesforce_apps.audit_actions import AppAction


def enter_app(
    *, account: SalesAccount, by: User, org_origin: str, kind: oauth.AppKind, name: str, credentials: tuple[str, str]
) -> SalesforceApp:
    """
    Keep an app with its key and secret, for the org that logs in at `org_origin`; it may be checked afterwards.

    A new app takes minutes to work, so nothing is asked here. Raises ConnectionProblem when the org has one already.
    """
    key, secret = credentials
    values = {"kind": kind.value, "name": name, "client_id": key, "client_secret": secret, "entered_by": by}
    try:
        with transaction.atomic():
            app = SalesforceApp.objects.create(account=account, org_origin=org_origin, **values)
            record(account=account, actor=by, action=AppAction.ENTERED, target=name)
    except IntegrityError:
        raise ConnectionProblem(ProblemCode.SALESFORCE_APP_TAKEN) from None
    return app


def in_turn(app: SalesforceApp) -> AbstractContextManager[None]:
    """For whatever asks an org about an app. Raises ConnectionProblem while too many of the account do."""
    return asking("salesforce-app", app.account_id, places=PRESSES)


def check_app(app: SalesforceApp) -> None:
    """Ask the org whether it knows key and secret, and keep when it did. Raises ConnectionProblem."""
    try:
        with in_turn(app):
            _ask_org(app, oauth_app(app))
    except ApiError as error:
        raise ConnectionProblem(problem_code(error)) from None
    SalesforceApp.objects.filter(pk=app.pk).update(proved_at=timezone.now())


def replace_credentials(app: SalesforceApp, *, by: User, credentials: tuple[str, str]) -> None:
    """
    Take a new key and secret of the same app, once Salesforce has honoured them: Salesforce rotates both together, and
    the old ones go on for a while. Raises ConnectionProblem; then the old ones stay.
    """
    key, secret = credentials
    fresh = oauth.OAuthApp(key, secret, oauth.AppKind(app.kind))
    try:
        # Durable: what the proof brought, a new refresh token perhaps, must not be rolled back with anything else.
        with in_turn(app), transaction.atomic(durable=True):
            _prove(app, fresh)
            # In the seconds that Salesforce takes to answer the right may have been taken.
            makers = Member.objects.for_account(app.account).who_may(Permission.CONNECT_SALESFORCE)
            is_allowed = makers.filter(user=by).exists()
            if is_allowed:
                app.client_id, app.client_secret, app.proved_at = key, secret, timezone.now()
                app.save(update_fields=["client_id", "client_secret", "proved_at"])
                record(account=app.account, actor=by, action=AppAction.REPLACED, target=app.name)
    except ApiError as error:
        raise ConnectionProblem(problem_code(error)) from None
    if not is_allowed:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)


@transaction.atomic
def remove_app(app: SalesforceApp, *, by: User) -> None:
    """Forget an app. Raises ConnectionProblem while a connection uses it."""
    app = SalesforceApp.objects.select_for_update().get(pk=app.pk)
    if app.connections.exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_APP_IN_USE)
    record(account=app.account, actor=by, action=AppAction.REMOVED, target=app.name)
    app.delete()


def _prove(app: SalesforceApp, fresh: oauth.OAuthApp) -> None:
    """A connection proves the new credentials by its own token: that shows also that they are of the same app."""
    rows = app.connections.select_for_update().order_by(F("member").asc(nulls_first=True))
    connected = rows.filter(status=ConnectionStatus.CONNECTED)
    # A token that no key can read any more proves nothing.
    connection = next((row for row in connected if row.refresh_token or not row.is_by_login), None)
    if connection is None or connection.method == ConnectMethod.JWT_BEARER:
        # The secret has no part in JWT bearer tokens.
        _ask_org(app, fresh)
    if connection is None:
        return
    try:
        refresh_row(connection, fresh, open_session(allowed_hosts=[connection.login_origin]))
    except oauth.GrantRefused as refused:
        if refused.problem is oauth.OAuthProblem.EXPIRED_TOKEN:
            raise ConnectionProblem(ProblemCode.SALESFORCE_OTHER_APP) from None
        raise


def _ask_org(app: SalesforceApp, credentials: oauth.OAuthApp) -> None:
    origin = calling_origin(app.org_origin)
    session = open_session(allowed_hosts=[origin])
    app_check.check_app(credentials, session=session, origin=origin, extra_origins=local_origins())
