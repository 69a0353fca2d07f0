"""
Who the admins of a Marketo instance are. Marketo tells roles one user at a time, so where there are many the list is
read in the background: a few users at a time, within what Adobe leaves to one tool of many, and on from where it stood.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import record
from clients.http import ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.marketo.client import MarketoClient
from clients.marketo.types import MarketoUser
from common.addresses import LONGEST_ADDRESS, lookup_form
from common.after_commit import after_commit
from common.throttling import HeldError, exclusive
from connections.asking import asking
from connections.models import AdminReading, MarketoAdmin, MarketoInstance
from connections.querysets import MarketoAdminQuerySet
from connections.services.client_factory import marketo_client
from marketo_instances import tasks
from marketo_instances.audit_actions import InstanceAction
from problems.codes import NOT_ASKED, ProblemCode, problem_code
from problems.messages import ConnectionProblem

ADMIN_ROLE = "Admin"
KEPT_FOR = timedelta(days=1)
# A person waits for so many users; more are read in the background, so many every half minute.
IN_ONE_GO, A_STEP = 20, 15


def marketo_admins(instance: MarketoInstance) -> MarketoAdminQuerySet:
    """The admins of an instance, read from Marketo again when they are older than a day. Raises ConnectionProblem."""
    if _is_due(instance):
        _read_unless_others_do(instance)
    elif cache.get(_nobody_key(instance)):
        raise ConnectionProblem(ProblemCode.MARKETO_NO_ADMINS)
    return MarketoAdmin.objects.of_instance(instance)


def _read_unless_others_do(instance: MarketoInstance) -> None:
    """While somebody waits for Marketo the list is what it was, as while it is read in the background."""
    try:
        refresh_marketo_admins(instance)
    except ConnectionProblem as refused:
        if refused.code not in NOT_ASKED:
            raise


def renew_marketo_admins(instance: MarketoInstance) -> None:
    """
    Read a list that is older than a day, whoever opens its page: a former admin will not. While Marketo does not tell
    its admins the list stays, and is asked for again in an hour; where it never did there is nothing to renew.
    """
    was_told = MarketoAdmin.objects.of_instance(instance).exclude(marketo_user_id="").exists()
    if was_told and _is_due(instance):
        with suppress(ConnectionProblem):
            refresh_marketo_admins(instance)


def _is_due(instance: MarketoInstance) -> bool:
    """Is the list old, and nobody about a new one?"""
    is_old = not instance.admins_read_at or instance.admins_read_at < timezone.now() - KEPT_FOR
    return is_old and not AdminReading.objects.of_instance(instance).exists()


def refresh_marketo_admins(instance: MarketoInstance) -> None:
    """
    Read the admins from Marketo's user management, or begin to where there are many users. Raises ConnectionProblem.

    Who is no longer an admin there loses the Marketo pages here. An answer without any admin is not believed, and the
    admin named at registration stays until Marketo has once named them too: nobody could let people in again.
    """
    with asking("marketo-admins", instance.account_id, of=instance.pk):
        cache.delete(_nobody_key(instance))
        try:
            _read(instance)
        except ApiError as error:
            raise ConnectionProblem(problem_code(error)) from None


def _read(instance: MarketoInstance) -> None:
    client = marketo_client(instance)
    users = client.people()
    if len(users) > IN_ONE_GO:
        _begin(instance, users)
    else:
        _keep(instance, *_sorted(client, instance, users))


def read_on(reading_id: int) -> None:
    """
    Read the roles of a few more users; harmless when another worker is just doing it. A reading that takes as long as
    a list is kept is given up: whoever asks for the list next begins another.
    """
    AdminReading.objects.filter(pk=reading_id, started_at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with exclusive(f"marketo-admin-reading-{reading_id}"):
            reading = AdminReading.objects.select_related("instance").filter(pk=reading_id).first()
            if reading:
                _step(reading)
    except HeldError:
        pass


def set_admin_roles(*, instance: MarketoInstance, roles: Sequence[str], by: User) -> None:
    """Let users with these roles count as admins, too; the list is read anew at the next look."""
    with transaction.atomic():
        AdminReading.objects.of_instance(instance).delete()
        MarketoInstance.objects.filter(pk=instance.pk).update(admin_roles=list(roles), admins_read_at=None)
        named = ", ".join([ADMIN_ROLE, *roles])
        record(account=instance.account, actor=by, action=InstanceAction.ADMIN_ROLES_CHANGED, target=named)


@transaction.atomic
def _begin(instance: MarketoInstance, users: Sequence[MarketoUser]) -> None:
    AdminReading.objects.of_instance(instance).delete()
    reading = AdminReading.objects.create(instance=instance, users=[asdict(user) for user in users])
    after_commit(tasks.read_admins_on.delay, reading.pk)


def _step(reading: AdminReading) -> None:
    """Meanwhile it may be replaced or no longer wanted: only what is still there is gone on with."""
    instance, rows = reading.instance, AdminReading.objects.filter(pk=reading.pk)
    users = [MarketoUser(**values) for values in reading.users]
    try:
        client = marketo_client(instance)
        found, unread = _sorted(client, instance, users[reading.done : reading.done + A_STEP])
    except TransientApiError:
        return
    except ApiError:
        # Whoever asks for the list next meets the same, and is told.
        rows.delete()
        return
    reading.found += [asdict(user) for user in found]
    reading.unread += unread
    reading.done = min(reading.done + A_STEP, len(users))
    if reading.done < len(users):
        rows.update(found=reading.found, unread=reading.unread, done=reading.done)
    elif rows.delete()[0]:
        _end(instance, [MarketoUser(**values) for values in reading.found], reading.unread)


def _end(instance: MarketoInstance, admins: Sequence[MarketoUser], unread: Sequence[str]) -> None:
    """Where nobody was found the page says so until the next reading, a day later or when somebody asks for it."""
    try:
        _keep(instance, admins, unread)
    except ConnectionProblem:
        cache.set(_nobody_key(instance), timezone.now(), KEPT_FOR.total_seconds())
        _note_read(instance)


def _nobody_key(instance: MarketoInstance) -> str:
    return f"marketo-no-admins-{instance.pk}"


def _note_read(instance: MarketoInstance) -> None:
    instance.admins_read_at = timezone.now()
    instance.save(update_fields=["admins_read_at"])


def _sorted(
    client: MarketoClient, instance: MarketoInstance, users: Sequence[MarketoUser]
) -> tuple[list[MarketoUser], list[str]]:
    """Who of the users is an admin, and the addresses of those whose roles Marketo does not tell."""
    wanted, found, unread = {ADMIN_ROLE, *instance.admin_roles}, list[MarketoUser](), list[str]()
    for user in users:
        try:
            if client.roles_of(user.user_id) & wanted:
                found.append(user)
        except (ReconnectNeeded, QuotaExceeded, TransientApiError):
            raise
        except ApiError:
            unread.append(lookup_form(user.email))
    return found, unread


def _keep(instance: MarketoInstance, admins: Sequence[MarketoUser], unread: Sequence[str]) -> None:
    """Raises ConnectionProblem for nobody. Whose roles were not told stays what they were."""
    if not admins:
        raise ConnectionProblem(ProblemCode.MARKETO_NO_ADMINS)
    # Who has a longer one can be nobody here, and keeps nobody else's list from being renewed.
    found = {email: user for user in admins if len(email := lookup_form(user.email)) <= LONGEST_ADDRESS}
    with transaction.atomic():
        gone = MarketoAdmin.objects.of_instance(instance).exclude(marketo_user_id="")
        gone.exclude(email__in=[*found, *unread]).delete()
        for email, user in found.items():
            names = {"first_name": user.first_name, "last_name": user.last_name}
            MarketoAdmin.objects.update_or_create(
                instance=instance, email=email, defaults={"marketo_user_id": user.user_id, **names}
            )
        _note_read(instance)
