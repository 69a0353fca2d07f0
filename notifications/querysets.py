"""How rows of this room are read: through the account or the person they belong to, or by what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now

from accounts.models import SalesAccount

if TYPE_CHECKING:
    from notifications.models import Channel, Delivery  # noqa: F401 (named in strings)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def for_account(self, account: SalesAccount) -> ChannelQuerySet:
        """The account's, not those of its members."""
        return self.filter(account=account, member=None)

    def of_members(self, account: SalesAccount) -> ChannelQuerySet:
        return self.filter(account=account, member__isnull=False)

    def of_ops_staff(self) -> ChannelQuerySet:
        return self.filter(user__is_ops_staff=True, user__is_active=True)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def pending(self) -> DeliveryQuerySet:
        return self.filter(sent_at=None, given_up_at=None)

    def due(self) -> DeliveryQuerySet:
        return self.pending().filter(due_at__lte=Now())

    def of_lane(self, channel_id: int, user_id: int | None) -> DeliveryQuerySet:
        """What goes to one receiver, in order: one after the other."""
        return self.filter(channel=channel_id, user=user_id).order_by("pk")
