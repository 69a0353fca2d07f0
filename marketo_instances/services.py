"""Entering a Marketo instance, and in which of theirs an admin works."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import RefusedError, record
from common.addresses import AddressError, stored_form
from connections.models import ConnectionStatus, MarketoAdmin, MarketoConnection, MarketoInstance
from connections.services.sessions import local_origins
from marketo_instances.audit_actions import InstanceAction
from marketo_instances.connecting import bare_munchkin_id, clean_pasted, marketo_endpoint, probe_marketo
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem


def register_marketo_instance(
    *,
    munchkin_id: str,
    endpoint: str,
    client_id: str,
    client_secret: str,
    name: str,
    first_admin_email: str,
    by: User | None = None,
) -> MarketoInstance:
    """
    Enter a Marketo instance, or renew the credentials of one that is there and of its connection, once they work.

    The first admin may open the instance's pages at once; a new user gets no password and chooses one by the password
    reset. `endpoint` may be empty. Raises ConnectionProblem.
    """
    munchkin_id, client_id = bare_munchkin_id(munchkin_id), clean_pasted(client_id)
    origin = _origin(munchkin_id, endpoint)
    probe_marketo(None, origin, client_id, clean_pasted(client_secret))
    email = _stored_address(first_admin_email)
    credentials = {"client_id": client_id, "client_secret": clean_pasted(client_secret)}
    with transaction.atomic():
        instance, _created = MarketoInstance.objects.update_or_create(
            munchkin_id=munchkin_id, defaults={"name": name, "endpoint": origin, **credentials}
        )
        MarketoConnection.objects.filter(account=instance.account, munchkin_id=munchkin_id).update(
            **credentials,
            endpoint=origin,
            status=ConnectionStatus.CONNECTED,
            problem="",
            connected_at=timezone.now(),
        )
        MarketoAdmin.objects.get_or_create(instance=instance, email=email)
        if User.objects.with_email(email) is None:
            User.objects.create_user(email)
        record(
            account=instance.account,
            actor=by,
            action=InstanceAction.REGISTERED,
            target=munchkin_id,
            admin=email,
        )
    return instance


@transaction.atomic
def remove_registered_admin(*, munchkin_id: str, email: str) -> None:
    """
    Take the Marketo pages from an admin who was named at registration, and whom Marketo's list has never named: no
    renewal of it ends their right. Raises RefusedError for everybody else.
    """
    admin = MarketoAdmin.objects.filter(instance__munchkin_id=munchkin_id, email=email).first()
    if admin is None:
        raise RefusedError(_("Nobody with this address is an admin of this Marketo instance here."))
    if admin.marketo_user_id:
        raise RefusedError(_("Marketo names this admin. Take the role from them there, and read the admins again."))
    record(
        account=admin.instance.account,
        actor=None,
        action=InstanceAction.ADMIN_REMOVED,
        target=munchkin_id,
        admin=admin.email,
    )
    admin.delete()


def _origin(munchkin_id: str, endpoint: str) -> str:
    """The instance's usual origin, or one that server settings allow besides."""
    usual, extra = marketo_endpoint(munchkin_id), [*local_origins(), *settings.MARKETO_ENDPOINT_ALLOWLIST]
    if not endpoint:
        return usual
    origin = marketo_endpoint(endpoint, extra)
    if origin not in {usual, *extra}:
        raise ConnectionProblem(ProblemCode.MARKETO_WRONG_INSTANCE)
    return origin


def _stored_address(typed: str) -> str:
    try:
        return stored_form(typed)
    except AddressError:
        raise ConnectionProblem(ProblemCode.MARKETO_BAD_ADDRESS) from None


def choose_instance(*, user: User, instance_id: int) -> bool:
    """Remember in which of their instances an admin works; False for one they do not administer."""
    rows = MarketoAdmin.objects.filter(email=user.email, instance_id=instance_id)
    return bool(rows.update(chosen_at=timezone.now()))
