"""Why an address cannot be invited: membership here or elsewhere, an open invitation, seats, the daily limit."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, SalesAccount

# User seats per account (Adobe, "Product usage limits"); an open invitation holds one.
MAX_SEATS = 100
MAX_INVITATIONS_PER_DAY = 300


class Obstacles:
    """The facts about a list of addresses, read with a constant number of queries.

    They hold only under the account's lock; without it they are a forecast.
    """

    def __init__(self, account: SalesAccount, emails: list[str]) -> None:
        self.account = account
        members = Member.objects.filter(user__email__in=emails).values_list("user__email", "account_id")
        self.account_ids = dict(members)
        self.invited = set(account.invitations.open().filter(email__in=emails).values_list("email", flat=True))
        self.seats_taken = account.members.count() + account.invitations.open().count()
        today = timezone.now() - timedelta(days=1)
        self.invited_today = account.invitations.filter(created_at__gt=today).count()

    def count(self, email: str) -> None:
        """Take a new invitation into account."""
        self.invited.add(email)
        self.seats_taken += 1
        self.invited_today += 1

    def reason_against(self, email: str) -> str:
        """A sentence, or nothing when the address can be invited."""
        if self.account_ids.get(email) == self.account.pk:
            return _("This person is already a member of the Sales account.")
        if email in self.invited:
            return _("This person is already invited. Press Resend in User Management to send the mail again.")
        return self.other_account(email) or self.no_room()

    def other_account(self, email: str) -> str:
        if self.account_ids.get(email, self.account.pk) == self.account.pk:
            return ""
        return _(
            "This address is already used in another Sales account; use another address, or ask an admin of that "
            "account to remove the person there."
        )

    def no_room(self) -> str:
        if self.seats_taken >= MAX_SEATS:
            return _("All %(seats)d seats are taken. Revoke an open invitation or remove a member first.") % {
                "seats": MAX_SEATS
            }
        if self.invited_today >= MAX_INVITATIONS_PER_DAY:
            return _("This account has sent %(limit)d invitations in a day. Invite this person tomorrow.") % {
                "limit": MAX_INVITATIONS_PER_DAY
            }
        return ""
