"""Files of people to invite, between the two pages of Invite Users via CSV."""

from accounts.models import SalesAccount, User
from common.throttling import hit
from invitations.models import CsvUpload

UPLOADS_PER_HOUR = 30


def may_upload(user: User) -> bool:
    """Count an upload; False when this person has sent too many within an hour."""
    return hit(f"uploads:{user.pk}", seconds=60 * 60) <= UPLOADS_PER_HOUR


def keep_upload(*, account: SalesAccount, uploaded_by: User, text: str) -> CsvUpload:
    """Keep a file of people between the two pages; one file per person, a new one replaces the old."""
    CsvUpload.objects.filter(account=account, uploaded_by=uploaded_by).delete()
    return CsvUpload.objects.create(account=account, uploaded_by=uploaded_by, text=text)


def delete_outdated_uploads() -> int:
    """Delete files whose second page nobody finished; returns how many."""
    return CsvUpload.objects.outdated().delete()[0]
