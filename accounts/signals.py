"""What allauth and Django report of people signing in: for the audit trail, and whom a mail has proved an owner."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_reset, user_logged_in
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit_actions import AccountAction
from accounts.models import Member, User
from accounts.services import prove_address, record, record_own
from accounts.sign_in_limits import trust_after_reset
from common.addresses import lookup_form
from common.locks import patient_transaction


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    methods = [entry["method"] for entry in get_authentication_records(request, user)]
    record_own(user, action=AccountAction.SIGNED_IN, methods=methods)


@receiver(password_reset)
def new_password_by_mail(request: HttpRequest, user: User, **_: Any) -> None:
    trust_after_reset(request, user)
    prove_address(user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if user:
        record_own(user, action=AccountAction.SIGNED_OUT)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Also for an address that nobody has: it takes the same time, and shows who tries addresses out."""
    email = lookup_form(str(credentials.get("email", "")))
    member = Member.objects.select_related("account").filter(user__email=email).first()
    record(account=member.account if member else None, actor=None, action=AccountAction.SIGN_IN_FAILED, target=email)


@receiver(authentication_failed)
def second_factor_failed(user: User, **_: Any) -> None:
    record_own(user, action=AccountAction.SECOND_FACTOR_FAILED)


@receiver(authenticator_added)
def second_factor_added(user: User, authenticator: Any, **_: Any) -> None:
    with patient_transaction():
        record_own(user, action=AccountAction.SECOND_FACTOR_ADDED, kind=authenticator.type)


@receiver(authenticator_removed)
def second_factor_removed(user: User, authenticator: Any, **_: Any) -> None:
    with patient_transaction():
        record_own(user, action=AccountAction.SECOND_FACTOR_REMOVED, kind=authenticator.type)


@receiver(authenticator_reset)
def recovery_codes_made(user: User, **_: Any) -> None:
    with patient_transaction():
        record_own(user, action=AccountAction.RECOVERY_CODES_MADE)
