"""Making, revoking and recognising API tokens."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, User
from accounts.occurrences import end
from accounts.permissions import Permission
from accounts.services import RefusedError, lock_account, record, refuse_unless_allowed
from api.audit_actions import ApiAction
from api.events import TOKEN_EXPIRES
from api.models import ApiToken
from api.querysets import ApiTokenQuerySet
from api.scopes import Scope

# By which scanners of source code and logs know a token of this console; common.redaction hides it.
PREFIX = "msi_api_"
LIFETIMES = (30, 90, 180, 365)
USUAL_LIFETIME = 90
MOST_TOKENS = 20
# How long it is shown that a token has expired.
KEPT = timedelta(days=30)
# Of the last use no more is noted than this, so that a call is no write.
COARSE = timedelta(hours=1)


@dataclass(frozen=True)
class Owner:
    """Whose tokens: an account's, made by one of its members, or those of one of the ops staff."""

    member: Member | None = None
    user: User | None = None

    def tokens(self) -> ApiTokenQuerySet:
        if self.member:
            return ApiToken.objects.for_account(self.member.account)
        return ApiToken.objects.of_ops_staff(cast("User", self.user))

    def lock(self) -> None:
        """
        So that who counts these tokens has counted those of others who make one at the moment, and nobody takes the
        right meanwhile. Raises PermissionDenied where somebody has.
        """
        if self.member:
            account = lock_account(self.member.account)
            refuse_unless_allowed(account, self.member.user, Permission.MANAGE_API_TOKENS)
        else:
            mine = User.objects.select_for_update(no_key=True).filter(pk=cast("User", self.user).pk, is_ops_staff=True)
            if mine.first() is None:
                raise PermissionDenied

    def fields(self) -> dict[str, Any]:
        return {"account": self.member.account if self.member else None, "member": self.member, "user": self.user}


@transaction.atomic
def make_token(*, owner: Owner, name: str, scopes: Collection[Scope], days: int, made_by: User) -> tuple[ApiToken, str]:
    """A new token, and the secret that nobody can be shown again. Raises RefusedError when there are too many."""
    owner.lock()
    if owner.tokens().count() >= MOST_TOKENS:
        raise RefusedError(_("There can be %(limit)d tokens. Revoke one first.") % {"limit": MOST_TOKENS})
    secret = PREFIX + secrets.token_hex(32)
    token = ApiToken.objects.create(
        **owner.fields(),
        name=name,
        scopes=sorted(scopes),
        token_hash=_hash(secret),
        begins_with=secret[: len(PREFIX) + 4],
        expires_at=timezone.now() + timedelta(days=days),
    )
    until = token.expires_at.date().isoformat()
    record(
        account=token.account,
        actor=made_by,
        action=ApiAction.TOKEN_MADE,
        target=name,
        scopes=token.scopes,
        until=until,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, revoked_by: User) -> None:
    """From now on the token opens nothing."""
    record(account=token.account, actor=revoked_by, action=ApiAction.TOKEN_REVOKED, target=token.name)
    end(TOKEN_EXPIRES, account=token.account, subject=str(token.pk))
    token.delete()


@transaction.atomic
def end_tokens_of(*, user: User, because_of: User | None) -> None:
    """
    End for good what somebody's tokens may read and they may not any more: whoever has got hold of one must not wait
    for the day on which they may again. The page goes on saying why.
    """
    now = timezone.now()
    for token in ApiToken.objects.of_person(user).filter(expires_at__gt=now).with_owner():
        if not token.is_backed:
            record(account=token.account, actor=because_of, action=ApiAction.TOKEN_REVOKED, target=token.name)
            end(TOKEN_EXPIRES, account=token.account, subject=str(token.pk))
            ApiToken.objects.filter(pk=token.pk).update(expires_at=now)


def find_token(secret: str) -> ApiToken | None:
    """The token with this secret, if it is good at this moment and its owner may still read all that it may."""
    if not secret.startswith(PREFIX):
        return None
    token = ApiToken.objects.with_owner().filter(token_hash=_hash(secret)).first()
    return token if token and not token.is_expired and token.is_backed else None


def note_use(token: ApiToken) -> None:
    """Remember about when a token was used last."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - COARSE:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def forget_expired() -> None:
    """Tokens that expired a while ago explain nothing any more."""
    ApiToken.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()


def _hash(secret: str) -> str:
    """No salt and no slow hash: the secret itself is random."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
