"""
Second factors: what allauth keeps of authenticator apps and recovery codes is encrypted like tokens; and what happens
when somebody has lost them all.
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import structlog
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import tasks
from accounts.audit_actions import AccountAction
from accounts.models import Member, User
from accounts.services import RefusedError, end_sessions, record
from common.after_commit import after_commit
from common.encryption import decrypt, encrypt, is_read_by_newest, rotated

# Where in `Authenticator.data` secrets stand: of an app, of recovery codes, and of codes from other systems.
_SECRETS = ("secret", "seed")
_LISTS_OF_SECRETS = ("migrated_codes",)
# The version and the first bytes of the time (Fernet's specification); neither Base32 nor hexadecimal digits begin so.
_BEGIN_OF_FERNET = "gAAAA"
logger = structlog.get_logger(__name__)


class EncryptingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth asks here before it stores a secret, and after it has read one."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Of a secret whose key is gone one that nobody has: pages open, no code is right, and new ones can be made."""
        # Of a process of 1.1.0, which went on beside the migration.
        if not encrypted_text.startswith(_BEGIN_OF_FERNET):
            return encrypted_text
        try:
            return decrypt(encrypted_text)
        except InvalidToken:
            logger.warning("second_factor_unreadable")
            return base64.b32encode(secrets.token_bytes(20)).decode()


@transaction.atomic
def reset_second_factors(*, user: User, reset_by: User | None) -> None:
    """
    Take away what somebody has lost, for an admin of their account, or without `reset_by` for the operator.

    The password goes with it and every session ends, so that the mailbox has to prove who they are: neither a stolen
    session of an admin nor a password that is known lets anybody in. They are told by mail. Raises RefusedError.
    """
    if user == reset_by:
        raise RefusedError(_("Remove your own second factors under My Profile, with one of their codes."))
    if reset_by and (user.is_ops_staff or user.is_superuser):
        raise RefusedError(_("%(name)s belongs to the operator's staff: the operator resets them.") % {"name": user})
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise RefusedError(_("%(name)s has no second factor.") % {"name": user})
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user)
    member = Member.objects.select_related("account").filter(user=user).first()
    account = member.account if member else None
    record(account=account, actor=reset_by, action=AccountAction.SECOND_FACTORS_RESET, target=user.email)
    after_commit(tasks.send_second_factors_reset.delay, user.pk)


def unreadable_second_factors() -> int:
    """How many people's factors no key can read."""
    return sum(any(_is_unreadable(secret) for secret in _secrets_of(factor.data)) for factor in _factors())


def _is_unreadable(stored: str) -> bool:
    try:
        decrypt(stored)
    except InvalidToken:
        return stored.startswith(_BEGIN_OF_FERNET)
    return False


def reencrypt_second_factors() -> int:
    """
    Encrypt anew what the newest key cannot read, and answer for how many people's factors. Raises InvalidToken for what
    no key can read.
    """
    stale = [factor.pk for factor in _factors() if not _is_newest(factor.data)]
    return sum(_reencrypt(pk) for pk in stale)


def second_factors_left_behind() -> int:
    """How many factors the newest key alone cannot read."""
    return sum(not _is_newest(factor.data) for factor in _factors())


def _factors() -> Iterator[Authenticator]:
    found: Iterator[Authenticator] = Authenticator.objects.order_by("pk").iterator()
    return found


@transaction.atomic
def _reencrypt(pk: int) -> bool:
    """Under a lock, because using a recovery code writes the same data."""
    factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if factor is None:
        return False
    factor.data = _changed(factor.data, _with_newest_key)
    factor.save(update_fields=["data"])
    return True


def _changed(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    single = {name: change(data[name]) for name in _SECRETS if name in data}
    lists = {name: [change(one) for one in data[name]] for name in _LISTS_OF_SECRETS if name in data}
    return data | single | lists


def _with_newest_key(stored: str) -> str:
    """What a process of an older release wrote in clear while the console was upgraded is encrypted, too."""
    return rotated(stored) if stored.startswith(_BEGIN_OF_FERNET) else encrypt(stored)


def _is_newest(data: dict[str, Any]) -> bool:
    return all(map(is_read_by_newest, _secrets_of(data)))


def _secrets_of(data: dict[str, Any]) -> list[str]:
    found = [data[name] for name in _SECRETS if name in data]
    return found + [secret for name in _LISTS_OF_SECRETS for secret in data.get(name, [])]
