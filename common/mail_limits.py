"""How many mails may leave in a day (UTC) to people who have not asked for them: to one address, to one domain, and on
behalf of one admin or one visitor.

Every mail to strangers passes here. Counted in Redis, without addresses in clear; losing it begins the day anew. The
limits keep a stolen session, or anybody at the page for forgotten passwords, from flooding mailboxes and from spoiling
the sender's reputation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.throttling import hit, network_of, take_back

KEPT_SECONDS = 2 * 24 * 60 * 60
# Of visitors who are not signed in; nobody of an account holds back their mails, or the other way round.
VISITORS = "visitors"


@dataclass(frozen=True)
class Sender:
    """On whose behalf mails leave, and how many may in a day."""

    name: str
    limit: int


def admin(user_id: int) -> Sender:
    """Somebody who invites and asks."""
    return Sender(f"admin-{user_id}", settings.MAILS_PER_ADMIN)


def client(address: str) -> Sender:
    """A visitor by the address of their connection."""
    return Sender(f"client-{_hidden(network_of(address))}", settings.MAILS_PER_CLIENT)


def acquire(*, scope: str, email: str, sender: Sender | None = None) -> list[str]:
    """
    Count one mail of an account, or of VISITORS, and name what was counted; empty, and nothing is counted, when one of
    the limits is reached.
    """
    limits = _limits(scope, email, sender)
    # Every key is counted, also behind one that is over its limit, so that giving back is the same for all.
    within = [hit(key, seconds=KEPT_SECONDS) <= limit for key, limit in limits.items()]
    if all(within):
        return list(limits)
    release(list(limits))
    return []


def before_in_this_minute(company: str) -> int:
    """Count one mail that a visitor has asked for, and say how many to the same company came before it in a minute."""
    return hit(f"mails-at-once:{_hidden(company)}", seconds=60) - 1


def release(acquired: list[str]) -> None:
    """Take back what `acquire` has counted: the mail did not leave."""
    for key in acquired:
        take_back(key)


def next_day() -> datetime:
    """When the counting begins anew."""
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _limits(scope: str, email: str, sender: Sender | None) -> dict[str, int]:
    today = f"mails:{timezone.now():%Y-%m-%d}"
    limits = {
        # By account: nobody holds back the mails of another one, or learns of them.
        f"{today}:{scope}:to:{_hidden(email)}": settings.MAILS_PER_ADDRESS,
        f"{today}:{scope}:domain:{_hidden(email.rpartition('@')[2])}": settings.MAILS_PER_DOMAIN,
    }
    if sender:
        limits[f"{today}:from:{sender.name}"] = sender.limit
    return limits


def _hidden(text: str) -> str:
    """Redis is copied and looked at more easily than the database: nobody reads there who was mailed."""
    return salted_hmac("common.mail_limits", text, algorithm="sha256").hexdigest()[:32]
