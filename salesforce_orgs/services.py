"""Connecting a Sales account to a Salesforce org by OAuth, and disconnecting it."""

import hashlib
import secrets
from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, SalesAccount, User
from accounts.occurrences import end
from accounts.permissions import Permission
from accounts.services import RefusedError, record
from clients.hosts import ForbiddenHost, LoginChoice, salesforce_login_origin
from clients.http import ApiError, reported_call
from clients.salesforce import oauth
from common.locks import is_held_by_others
from common.throttling import hit
from connections.audit_actions import ConnectionAction
from connections.events import SALESFORCE_BROKEN, Ending
from connections.models import SalesforceConnection, SalesforceSignIn, Service
from connections.querysets import SalesforceConnectionQuerySet
from connections.services.call_recorder import record_call_failure
from connections.services.revocation import abandon, revoke_soon
from connections.services.sessions import app_of_org, calling_origin, local_origins, oauth_app, open_session
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from salesforce_orgs.audit_actions import OrgAction
from salesforce_orgs.offers import hold_offer, withdraw_offer_of
from salesforce_orgs.storing import SIGN_IN, Made, keep_connection

SIGN_IN_LIFETIME = timedelta(minutes=10)
SIGN_INS_PER_MINUTE = 10

_log = structlog.get_logger(__name__)


def login_origin(choice: LoginChoice, my_domain: str) -> str:
    """Where a choice leads to: the login page of `org_origin`, or what stands in for it. Raises ConnectionProblem."""
    return calling_origin(org_origin(choice, my_domain))


def org_origin(choice: LoginChoice, my_domain: str) -> str:
    """The origin of Salesforce's login page for what a person chose and typed. Raises ConnectionProblem."""
    try:
        return salesforce_login_origin(choice, my_domain, local_origin=settings.SANDBOX_ORIGIN or None)
    except ForbiddenHost:
        raise ConnectionProblem(ProblemCode.SALESFORCE_BAD_DOMAIN) from None


def begin_sign_in(
    *, account: SalesAccount, user: User, browser: str, choice: LoginChoice, my_domain: str, is_own: bool = False
) -> str:
    """
    Start a sign-in at Salesforce and answer the address to send the browser to: for the connection of the account, or
    for the user's own.

    `browser` is a secret of the session: a sign-in ends where it began. A user has one open sign-in: an older one is
    forgotten. Raises ConnectionProblem, also for too many in a minute.
    """
    app = app_of_org(account, org_origin(choice, my_domain))
    try:
        client_id = oauth_app(app).client_id
    except ApiError as unreadable:
        raise ConnectionProblem(problem_code(unreadable)) from None
    _count_sign_in(user)
    origin = login_origin(choice, my_domain)
    state, pkce = secrets.token_urlsafe(32), oauth.new_pkce()
    SalesforceSignIn.objects.filter(created_at__lt=timezone.now() - SIGN_IN_LIFETIME).delete()
    SalesforceSignIn.objects.filter(user=user).delete()
    SalesforceSignIn.objects.create(
        state_hash=_hash(state, browser),
        account=account,
        user=user,
        is_own=is_own,
        app=app,
        login_origin=origin,
        code_verifier=pkce.verifier,
    )
    # Whoever is logged in to Salesforce in this browser need not be the user, who wants to be connected as themselves,
    # nor the one who is to take the place of the connected one.
    is_chosen = is_own or SalesforceConnection.objects.for_account(account).exists()
    prompt = "login" if is_chosen else None
    return oauth.authorize_url(origin, client_id, callback_url(), state, pkce.challenge, prompt=prompt)


def take_sign_in(*, state: str, user: User, browser: str) -> SalesforceSignIn:
    """The open sign-in of a state, which is used up by this. Raises ConnectionProblem."""
    oldest = timezone.now() - SIGN_IN_LIFETIME
    open_ones = SalesforceSignIn.objects.filter(state_hash=_hash(state, browser), user=user, created_at__gte=oldest)
    sign_in = open_ones.select_related("account", "app").first()
    # The row's deletion decides who of two callers has it.
    if sign_in is None or not SalesforceSignIn.objects.filter(pk=sign_in.pk).delete()[0]:
        raise ConnectionProblem(ProblemCode.SALESFORCE_LOST_SIGN_IN)
    permission = Permission.CONNECT_OWN_SALESFORCE if sign_in.is_own else Permission.CONNECT_SALESFORCE
    if not Member.objects.for_account(sign_in.account).who_may(permission).filter(user=user).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)
    return sign_in


def finish_sign_in(
    sign_in: SalesforceSignIn, *, code: str = "", error: str = "", error_description: str = ""
) -> SalesforceConnection:
    """
    Connect with what Salesforce sent to the callback: a code, or an error. Raises ConnectionProblem.

    Nothing is stored before Salesforce has answered a call with the new token; an older one of the same connection is
    revoked.
    """
    try:
        # Diagnostics is about the account's connection, not about those of members.
        note = partial(record_call_failure, sign_in.account_id, user=sign_in.user)
        with reported_call(None if sign_in.is_own else note, SIGN_IN, Service.SALESFORCE):
            if error:
                kind = oauth_app(sign_in.app).kind
                raise oauth.OAuthError(oauth.problem_of(error, error_description), error, app_kind=kind)
            return _connect(sign_in, code)
    except ApiError as failure:
        _log.warning("salesforce_sign_in_failed", account=sign_in.account.slug, error=str(failure))
        raise ConnectionProblem(problem_code(failure)) from None


def disconnect_salesforce(*, account: SalesAccount, by: User) -> None:
    """Erase the account's connection and revoke its tokens; a Salesforce that does not answer stops nothing."""
    _disconnect(SalesforceConnection.objects.for_account(account), by)


def disconnect_own_salesforce(*, member: Member) -> None:
    """Erase a member's own connection and revoke its tokens."""
    _disconnect(SalesforceConnection.objects.of_member(member), member.user)


def connected_salesforce_by(member: Member) -> str:
    """What to know before somebody is removed who connected the account to Salesforce; empty for everybody else."""
    connection = SalesforceConnection.objects.for_account(member.account).filter(connected_by=member.user).first()
    if connection is None:
        return ""
    return _(
        "This person connected the Sales account to Salesforce, as %(username)s. The connection goes on working; "
        "if that Salesforce user leaves too, disconnect and connect again as somebody else."
    ) % {"username": connection.username}


def forget_member(*, account: SalesAccount, user: User) -> None:
    """
    Erase what somebody who leaves the account has connected or begun to connect for themselves.

    To be called before the membership is deleted, in the same transaction; Salesforce is told after its commit. Raises
    RefusedError while a call over their own connection is on its way.
    """
    SalesforceSignIn.objects.filter(account=account, user=user).delete()
    hold_offer(account)
    for connection in _held_now(SalesforceConnection.objects.filter(account=account, member__user=user)):
        revoke_soon(abandon(connection))
    withdraw_offer_of(account=account, user=user)


def _held_now(rows: SalesforceConnectionQuerySet) -> list[SalesforceConnection]:
    """A refresh that hangs holds a row for as long as a call may take, and whoever waits here holds the account's."""
    try:
        return list(rows.select_for_update(nowait=True, of=("self",)))
    except OperationalError as error:
        if not is_held_by_others(error):
            raise
        sentence = _("Salesforce is being called over this person's own connection. Try again in a minute.")
        raise RefusedError(sentence) from None


@transaction.atomic
def _disconnect(rows: SalesforceConnectionQuerySet, by: User) -> None:
    connection = rows.select_for_update(of=("self",)).select_related("account").first()
    if connection is None:
        return
    is_own = connection.member_id is not None
    action = OrgAction.SALESFORCE_OWN_DISCONNECTED if is_own else ConnectionAction.SALESFORCE_DISCONNECTED
    record(account=connection.account, actor=by, action=action, target=connection.org_name)
    if not is_own:
        end(SALESFORCE_BROKEN, account=connection.account, how=Ending.DISCONNECTED)
    revoke_soon(abandon(connection))


def _count_sign_in(user: User) -> None:
    """Salesforce keeps five grants per user and app and revokes the oldest: hurried clicks would break connections."""
    minute = f"{timezone.now():%H%M}"
    if hit(f"salesforce-sign-ins-{user.pk}-{minute}", seconds=120) > SIGN_INS_PER_MINUTE:
        raise ConnectionProblem(ProblemCode.SALESFORCE_TOO_MANY_SIGN_INS)


def callback_url() -> str:
    """Where Salesforce sends the browser back to; an app must list it."""
    return settings.SITE_URL.rstrip("/") + reverse("connections:salesforce_callback")


def _hash(state: str, browser: str) -> str:
    """Neither a state that leaked, nor another browser of the same person, leads to the sign-in."""
    return hashlib.sha256(f"{state}:{browser}".encode()).hexdigest()


def _connect(sign_in: SalesforceSignIn, code: str) -> SalesforceConnection:
    session = open_session(allowed_hosts=[sign_in.login_origin])
    answer = oauth.exchange_code(
        oauth_app(sign_in.app),
        session=session,
        origin=sign_in.login_origin,
        code=code,
        code_verifier=sign_in.code_verifier,
        redirect_uri=callback_url(),
        extra_origins=local_origins(),
    )
    made = Made(
        account=sign_in.account,
        user=sign_in.user,
        is_own=sign_in.is_own,
        app=sign_in.app,
        login_origin=sign_in.login_origin,
    )
    return keep_connection(made, answer)
