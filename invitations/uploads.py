"""Files of people to invite, between the two pages of Invite Users via CSV."""

from collections.abc import Collection

from accounts.models import SalesAccount, User
from common.addresses import spellings
from common.throttling import hit
from invitations.models import CsvUpload

UPLOADS_PER_HOUR = 30


def may_upload(user: User) -> bool:
    """Count an upload; False when this person has sent too many within an hour."""
    return hit(f"uploads:{user.pk}", seconds=60 * 60) <= UPLOADS_PER_HOUR


def keep_upload(*, account: SalesAccount, uploaded_by: User, data: bytes) -> CsvUpload:
    """Keep a file of people between the two pages; one file per person, a new one replaces the old."""
    CsvUpload.objects.filter(account=account, uploaded_by=uploaded_by).delete()
    return CsvUpload.objects.create(account=account, uploaded_by=uploaded_by, data=data)


def delete_outdated_uploads() -> int:
    """Delete files whose second page nobody finished; returns how many."""
    return CsvUpload.objects.outdated().delete()[0]


def forget_addresses(account: SalesAccount, addresses: Collection[str]) -> int:
    """Delete the account's files that hold one of the addresses; returns how many. They can be uploaded again."""
    files = CsvUpload.objects.filter(account=account).values_list("pk", "data")
    # Few, small and kept for an hour; in the encodings that people have, addresses look alike or are wide.
    holding = [pk for pk, data in files.iterator() if _holds(bytes(data), addresses)]
    return CsvUpload.objects.filter(account=account, pk__in=holding).delete()[0]


def _holds(data: bytes, addresses: Collection[str]) -> bool:
    text = data.replace(b"\0", b"").decode("utf-8", "replace").lower()
    return any(spelling.lower() in text for address in addresses for spelling in spellings(address))
