"""A company leaves: everything of its Sales account is exported, disconnected and erased, and a certificate says so."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.audit_chain import entries_may_go
from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.services import RefusedError, end_sessions, lock_account, record
from connections.models import MarketoAdmin
from connections.services.leaving import disconnect_everything
from members.leaving import delete_user
from msi_admin.account_export import export_account
from msi_admin.account_rows import count_rows
from msi_admin.audit_actions import OperatorAction
from pipeline.leaving import stop_everything
from sign_in.links import forget_link
from sync.engine.partitions import drop_partition

logger = structlog.get_logger(__name__)


def offboard(account: SalesAccount, path: Path) -> dict[str, Any]:
    """
    Export an account to `path`, then disconnect and erase it; answers the certificate, which is written beside.

    Raises FileExistsError or OSError before anything is changed. Repeated after an interruption, with another path, it
    ends what it had begun.
    """
    slug, name, account_id = account.slug, account.name, account.pk
    handle = _open(path.with_suffix(".certificate.json"))
    export = export_account(account, path)
    erased = count_rows(account_id)
    stop_everything(account)
    # Who is an admin of its Marketo instance goes with the connection.
    users = _users_of(account)
    tokens = disconnect_everything(account)
    # A run may have begun before the connections were gone.
    stop_everything(account)
    trail = AuditEvent.objects.for_account(account).latest("pk").hash
    with transaction.atomic():
        _erase(account)
        deleted = _delete_users(users)
    drop_partition(account_id)
    certificate = {
        "account": name,
        "slug": slug,
        "erased_at": timezone.now().isoformat(timespec="seconds"),
        "export": path.name,
        "export_sha256": export.sha256,
        "last_hash_of_audit_trail": trail,
        "tokens_revoked": tokens.revoked,
        "tokens_to_be_revoked": tokens.waiting,
        **{f"erased {label}": count for label, count in erased.items()},
        **deleted,
        "left": sum(count_rows(account_id).values()),
    }
    record(account=None, actor=None, action=OperatorAction.ACCOUNT_OFFBOARDED, target=slug, left=certificate["left"])
    logger.info("account_offboarded", account=slug)
    with os.fdopen(handle, "w") as file:
        json.dump(certificate, file, indent=2, ensure_ascii=False)
    return certificate


def _users_of(account: SalesAccount) -> list[User]:
    """Its members, and who was only an admin of its Marketo instance."""
    admins = MarketoAdmin.objects.filter(instance__account=account).values("email")
    return list(User.objects.filter(Q(member__account=account) | Q(email__in=admins)).distinct())


def _erase(account: SalesAccount) -> None:
    lock_account(account)
    with entries_may_go():
        AuditEvent.objects.for_account(account).delete()
    account.delete()


def _delete_users(users: list[User]) -> dict[str, int]:
    """
    Those who have no place elsewhere: somebody may be an admin of another Marketo instance, or ops staff. Whoever rules
    over the company's Salesforce org signs in as none of them there; members of another company have linked its own.
    """
    deleted = 0
    for user in users:
        if not Member.objects.filter(user=user).exists():
            forget_link(user)
            end_sessions(user)
        with suppress(RefusedError):
            delete_user(user)
            deleted += 1
    return {"users_deleted": deleted, "users_kept": len(users) - deleted}


def _open(path: Path) -> int:
    """A new file that only its owner reads, before anything is changed."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
