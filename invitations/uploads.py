"""Files of people to invite, between the two pages of Invite Users via CSV."""

from accounts.models import SalesAccount, User
from invitations.models import CsvUpload


def keep_upload(*, account: SalesAccount, uploaded_by: User, text: str) -> CsvUpload:
    """Keep a file of people between the two pages; one file per person, a new one replaces the old."""
    CsvUpload.objects.filter(account=account, uploaded_by=uploaded_by).delete()
    return CsvUpload.objects.create(account=account, uploaded_by=uploaded_by, text=text)


def delete_outdated_uploads() -> int:
    """Delete files whose second page nobody finished; returns how many."""
    return CsvUpload.objects.outdated().delete()[0]
