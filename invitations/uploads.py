"""Files of people to invite, between the two pages of Invite Users via CSV."""

from django.core.cache import cache

from accounts.models import SalesAccount, User
from invitations.models import CsvUpload

UPLOADS_PER_HOUR = 30


def may_upload(user: User) -> bool:
    """Count an upload; False when this person has sent too many within an hour."""
    key = f"uploads:{user.pk}"
    cache.add(key, 0, timeout=60 * 60)
    return int(cache.incr(key)) <= UPLOADS_PER_HOUR


def keep_upload(*, account: SalesAccount, uploaded_by: User, text: str) -> CsvUpload:
    """Keep a file of people between the two pages; one file per person, a new one replaces the old."""
    CsvUpload.objects.filter(account=account, uploaded_by=uploaded_by).delete()
    return CsvUpload.objects.create(account=account, uploaded_by=uploaded_by, text=text)


def delete_outdated_uploads() -> int:
    """Delete files whose second page nobody finished; returns how many."""
    return CsvUpload.objects.outdated().delete()[0]
