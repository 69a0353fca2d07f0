"""The seats of a Sales account: how many there are, and who takes one."""

from dataclasses import dataclass

from django.conf import settings

from accounts.models import SalesAccount


@dataclass(frozen=True)
class Seats:
    """Members take one each, and so does each of the `waiting`: an open invitation keeps its seat."""

    members: int
    waiting: int

    @property
    def total(self) -> int:
        return settings.SEATS_PER_ACCOUNT

    @property
    def taken(self) -> int:
        return self.members + self.waiting

    @property
    def free(self) -> int:
        """None as well where more are taken than there are since the number was lowered."""
        return max(0, self.total - self.taken)


def seats_of(account: SalesAccount) -> Seats:
    """As they are now."""
    return Seats(members=account.members.count(), waiting=account.invitations.open().count())
