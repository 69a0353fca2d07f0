"""How many mails may leave in a day (UTC): for one admin, and for one Sales account to one address, to one domain.

Counted in Redis; losing it begins the day anew. Together the limits keep a stolen session from flooding mailboxes and
from spoiling the sender's reputation.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import SalesAccount, User
from common.throttling import hit, take_back

KEPT_SECONDS = 2 * 24 * 60 * 60


def acquire(*, account: SalesAccount, sender: User | None, email: str) -> list[str]:
    """Count one mail, and name what was counted; empty, and nothing is counted, when one of the limits is reached."""
    limits = _limits(account, sender, email)
    # Every key is counted, also behind one that is over its limit, so that giving back is the same for all.
    within = [hit(key, seconds=KEPT_SECONDS) <= limit for key, limit in limits.items()]
    if all(within):
        return list(limits)
    release(list(limits))
    return []


def release(acquired: list[str]) -> None:
    """Take back what `acquire` has counted: the mail did not leave."""
    for key in acquired:
        take_back(key)


def next_day() -> datetime:
    """When the counting begins anew."""
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _limits(account: SalesAccount, sender: User | None, email: str) -> dict[str, int]:
    today = f"mails:{timezone.now():%Y-%m-%d}"
    limits = {
        # By account: nobody holds back the mails of another one, or learns of them.
        f"{today}:{account.pk}:to:{email}": settings.MAILS_PER_ADDRESS,
        f"{today}:{account.pk}:domain:{email.rpartition('@')[2]}": settings.MAILS_PER_DOMAIN,
    }
    if sender:
        limits[f"{today}:from:{sender.pk}"] = settings.MAILS_PER_ADMIN
    return limits
