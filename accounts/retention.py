"""How long this room keeps what nobody asks for any more."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.audit_actions import AccountAction
from accounts.audit_chain import entries_may_go
from accounts.models import AuditEvent, SalesAccount
from accounts.services import record


def trim_audit_trail() -> int:
    """Delete the entries that are older than the audit trail is kept, chain by chain; answers how many."""
    oldest = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    ends = AuditEvent.objects.filter(created_at__lt=oldest).order_by().values_list("account").annotate(Max("pk"))
    accounts = SalesAccount.objects.in_bulk()
    # Without an account: who failed to sign in, and what operators did.
    return sum(_trim(accounts[pk] if pk else None, last) for pk, last in ends)


@transaction.atomic
def _trim(account: SalesAccount | None, last: int) -> int:
    """Everything of a chain up to an entry, whose hash a new one keeps: from it on the rest can be verified."""
    entries = AuditEvent.objects.filter(account=account, pk__lte=last)
    last_hash = entries.latest("pk").hash
    record(
        account=account,
        actor=None,
        action=AccountAction.AUDIT_TRIMMED,
        entries=entries.count(),
        last_hash=last_hash,
        last_entry=last,
    )
    with entries_may_go():
        return entries.delete()[0]
