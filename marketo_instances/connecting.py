"""Connecting a Sales account to its Marketo instance, and disconnecting it."""

import re
from collections.abc import Collection
from functools import partial
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.occurrences import end
from accounts.permissions import Permission
from accounts.services import lock_account, record
from clients.hosts import ForbiddenHost, normalise_marketo_endpoint
from clients.http import ApiError, UnexpectedAnswer
from clients.marketo.client import PROBE_PATHS, MarketoClient
from connections.asking import PRESSES, asking
from connections.audit_actions import ConnectionAction
from connections.events import MARKETO_BROKEN, Ending
from connections.models import ConnectionStatus, MarketoAccess, MarketoConnection, MarketoInstance, Service
from connections.services.call_log import solve_failures
from connections.services.call_recorder import record_call_failure
from connections.services.sessions import open_session
from connections.services.token_refresh import SharedTokenCache
from connections.signals import connected
from marketo_instances.audit_actions import InstanceAction
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem

# Besides white space: zero-width characters and the byte order mark, which come along when text is copied from a page.
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")


def clean_pasted(text: str) -> str:
    """Pasted text without white space and invisible characters; no id or secret of Marketo has any."""
    return _INVISIBLE.sub("", text)


def marketo_endpoint(text: str, extra_hosts: Collection[str] = ()) -> str:
    """The origin of a Marketo instance from its Munchkin Account ID or address. Raises ConnectionProblem."""
    try:
        return normalise_marketo_endpoint(clean_pasted(text), extra_hosts=extra_hosts)
    except ForbiddenHost:
        raise ConnectionProblem(ProblemCode.MARKETO_FORBIDDEN_HOST) from None


def bare_munchkin_id(text: str) -> str:
    """The Munchkin Account ID alone, from an id or an address that was pasted instead. Raises ConnectionProblem."""
    return (urlsplit(marketo_endpoint(text)).hostname or "").partition(".")[0].upper()


def probe_marketo(account: SalesAccount | None, endpoint: str, client_id: str, client_secret: str) -> None:
    """
    Ask for a token and read the fields of people with it. Raises ConnectionProblem when one of them is refused, which
    the account's Diagnostics shows, and while that is being asked for others.
    """
    account_id = account.pk if account else None
    client = MarketoClient(
        endpoint,
        client_id,
        client_secret,
        session=open_session(allowed_hosts=[endpoint]),
        on_call=partial(record_call_failure, account_id),
    )
    try:
        with asking("marketo-probe", account_id, places=PRESSES):
            client.check_credentials()
            client.describe_fields()
    except UnexpectedAnswer:
        raise ConnectionProblem(ProblemCode.MARKETO_NOT_MARKETO) from None
    except ApiError as error:
        raise ConnectionProblem(problem_code(error)) from None


def connect_marketo(*, account: SalesAccount, by: User) -> MarketoConnection:
    """Connect with the credentials that Marketo sent when the Sales account was set up. Raises ConnectionProblem."""
    instance = instance_of(account)
    return _connect(account, by, instance, instance.client_id, instance.client_secret)


def connect_marketo_with(
    *, account: SalesAccount, by: User, munchkin_id: str, client_id: str, client_secret: str
) -> MarketoConnection:
    """
    Connect with credentials pasted in the Set Up tab. Raises ConnectionProblem.

    They are those of the instance's own custom service: once they work, the instance has them too, so that its admins
    can be read again after a secret was rotated in Marketo.
    """
    instance = instance_of(account)
    if bare_munchkin_id(munchkin_id) != instance.munchkin_id:
        raise ConnectionProblem(ProblemCode.MARKETO_WRONG_INSTANCE)
    return _connect(account, by, instance, clean_pasted(client_id), clean_pasted(client_secret))


def take_over_marketo(*, account: SalesAccount, by: User) -> None:
    """
    Make another admin the owner of a connection that goes on working meanwhile. Raises ConnectionProblem.

    Whoever was granted the use of the connection must lose it first, as Adobe's "Connect New Admin to Marketo" asks.
    """
    connection = MarketoConnection.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(ProblemCode.MARKETO_NOT_CONNECTED)
    probe_marketo(account, connection.endpoint, connection.client_id, connection.client_secret)
    with transaction.atomic():
        lock_account(account)
        _check_allowed(account, by)
        rows = MarketoConnection.objects.select_for_update(of=("self",), no_key=True).select_related("owner")
        locked = rows.filter(pk=connection.pk).first()
        if locked is None:
            raise ConnectionProblem(ProblemCode.MARKETO_NOT_CONNECTED)
        if has_marketo_access(account, by):
            raise ConnectionProblem(ProblemCode.MARKETO_HAS_ACCESS)
        old_owner, locked.owner = locked.owner, by
        locked.save(update_fields=["owner"])
        record(
            account=account,
            actor=by,
            action=InstanceAction.MARKETO_TAKEN_OVER,
            target=locked.munchkin_id,
            owner_was=old_owner.email,
        )


def has_marketo_access(account: SalesAccount, user: User) -> bool:
    """Was the user granted the use of the account's connection?"""
    return MarketoAccess.objects.for_account(account).of_user(user).exists()


def disconnect_marketo(*, account: SalesAccount, by: User) -> None:
    """Erase the connection; only its owner may. Raises ConnectionProblem."""
    with transaction.atomic():
        connection = MarketoConnection.objects.select_for_update().for_account(account).first()
        if connection is None:
            return
        if connection.owner != by:
            raise ConnectionProblem(ProblemCode.MARKETO_NOT_OWNER)
        connection.delete()
        record(account=account, actor=by, action=ConnectionAction.MARKETO_DISCONNECTED, target=connection.munchkin_id)
        end(MARKETO_BROKEN, account=account, how=Ending.DISCONNECTED)
    SharedTokenCache(connection).clear()


def instance_of(account: SalesAccount) -> MarketoInstance:
    """The Marketo instance the account was set up from. Raises ConnectionProblem."""
    instance = MarketoInstance.objects.for_account(account).first()
    if instance is None:
        raise ConnectionProblem(ProblemCode.MARKETO_NO_INSTANCE)
    return instance


def _connect(
    account: SalesAccount, by: User, instance: MarketoInstance, client_id: str, client_secret: str
) -> MarketoConnection:
    _check_free(account, by)
    probe_marketo(account, instance.endpoint, client_id, client_secret)
    with transaction.atomic():
        lock_account(account)
        _check_allowed(account, by)
        _check_free(account, by)
        connection, _ = MarketoConnection.objects.update_or_create(
            account=account,
            defaults={
                "owner": by,
                "munchkin_id": instance.munchkin_id,
                "endpoint": instance.endpoint,
                "client_id": client_id,
                "client_secret": client_secret,
                "status": ConnectionStatus.CONNECTED,
                "problem": "",
                "connected_at": timezone.now(),
                "last_call_at": timezone.now(),
                "visibility": {},
                "visibility_checked_at": None,
            },
        )
        connected.send(MarketoConnection, connection=connection)
        MarketoInstance.objects.filter(pk=instance.pk).update(client_id=client_id, client_secret=client_secret)
        solve_failures(
            account, Service.MARKETO, Q(operation__in=PROBE_PATHS) | Q(problem=ProblemCode.MARKETO_CREDENTIALS)
        )
        record(
            account=account,
            actor=by,
            action=InstanceAction.MARKETO_CONNECTED,
            target=instance.munchkin_id,
            client_id=client_id,
        )
    return connection


def _check_allowed(account: SalesAccount, by: User) -> None:
    """In the seconds that Marketo takes to answer the right may have been taken; under the account's lock it is not."""
    makers = Member.objects.for_account(account).who_may(Permission.CONNECT_MARKETO)
    if not makers.filter(user=by).exists():
        raise ConnectionProblem(ProblemCode.MARKETO_NOT_ALLOWED)


def _check_free(account: SalesAccount, by: User) -> None:
    """One connection with one owner; a broken one can be taken over, because its owner may have left."""
    connection = MarketoConnection.objects.for_account(account).first()
    if connection and connection.owner != by and connection.status == ConnectionStatus.CONNECTED:
        raise ConnectionProblem(ProblemCode.MARKETO_TAKEN)
