"""Why an address cannot be invited: membership here, an open invitation, seats.

What other Sales accounts do with an address is no reason: the answer would tell an admin who is a customer elsewhere.
Such a person is invited and mailed like anybody else, and is told when they open the link.
"""

from dataclasses import replace

from django.utils.translation import gettext as _

from accounts.models import SalesAccount
from common.address_fields import reason_against
from invitations.seats import seats_of


class InviteEligibility:
    """The facts about a list of addresses, read with a constant number of queries.

    They hold only under the account's lock; without it they are a forecast.
    """

    def __init__(self, account: SalesAccount, emails: list[str]) -> None:
        members, invitations = account.members, account.invitations.open()
        self.members = set(members.filter(user__email__in=emails).values_list("user__email", flat=True))
        self.invited = set(invitations.filter(email__in=emails).values_list("email", flat=True))
        self.seats = seats_of(account)

    def count(self, email: str) -> None:
        """Take a new invitation into account."""
        self.invited.add(email)
        self.seats = replace(self.seats, waiting=self.seats.waiting + 1)

    def reason_against(self, email: str) -> str:
        """A sentence, or nothing when the address can be invited."""
        if unmailable := reason_against(email):
            return unmailable
        if email in self.members:
            return _("This person is already a member of the Sales account.")
        if email in self.invited:
            return _("This person is already invited. Press Resend in User Management to send the mail again.")
        return self.no_room()

    def no_room(self) -> str:
        if self.seats.free:
            return ""
        return _("All %(seats)d seats are taken. Revoke an open invitation or remove a member first.") % {
            "seats": self.seats.total
        }
