"""How rows of this room are read: by the account they belong to, or by the Marketo admin who asks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.models import Member, SalesAccount, User

if TYPE_CHECKING:
    from connections.models import (  # noqa: F401 (named in strings)
        AdminReading,
        MarketoAccess,
        MarketoAdmin,
        MarketoInstance,
        SalesforceApp,
        SalesforceAppKey,
        SalesforceConnection,
    )
    from connections.orgs import OrgMove  # noqa: F401 (named in strings)


class AccountQuerySet(models.QuerySet[Any]):
    """Rows with a column `account`."""

    def for_account(self, account: SalesAccount) -> Self:
        return self.filter(account=account)


class SalesforceConnectionQuerySet(models.QuerySet["SalesforceConnection"]):
    def for_account(self, account: SalesAccount) -> SalesforceConnectionQuerySet:
        """The connection over which data sync runs, not those of members."""
        return self.filter(account=account, member=None)

    def of_member(self, member: Member) -> SalesforceConnectionQuerySet:
        """The member's own connection."""
        return self.filter(member=member)


class OrgMoveQuerySet(models.QuerySet["OrgMove"]):
    def for_account(self, account: SalesAccount) -> OrgMoveQuerySet:
        return self.filter(account=account)

    def offered(self) -> OrgMoveQuerySet:
        """Moves about which nobody has decided yet."""
        return self.filter(moved_at=None)

    def under_way(self) -> OrgMoveQuerySet:
        """Moves after which people of the copy may not be in the new org yet."""
        return self.filter(moved_at__isnull=False, settled_at=None)

    def since(self, moment: datetime) -> OrgMoveQuerySet:
        """Moves that came after a moment, or were under way then."""
        return self.filter(moved_at__isnull=False).exclude(settled_at__lt=moment)

    def under_way_at(self, moment: datetime) -> OrgMoveQuerySet:
        return self.since(moment).filter(moved_at__lte=moment)


class SalesforceAppQuerySet(models.QuerySet["SalesforceApp"]):
    def for_account(self, account: SalesAccount) -> SalesforceAppQuerySet:
        return self.filter(account=account)


class SalesforceAppKeyQuerySet(models.QuerySet["SalesforceAppKey"]):
    def for_account(self, account: SalesAccount) -> SalesforceAppKeyQuerySet:
        return self.filter(app__account=account)


class MarketoInstanceQuerySet(models.QuerySet["MarketoInstance"]):
    def administered_by(self, user: User) -> MarketoInstanceQuerySet:
        """Instances whose user management names this user's address as an admin, the one chosen last first."""
        order = models.F("admins__chosen_at").desc(nulls_last=True)
        return self.filter(admins__email=user.email).order_by(order, "name", "pk")

    def for_account(self, account: SalesAccount) -> MarketoInstanceQuerySet:
        return self.filter(account=account)


class MarketoAdminQuerySet(models.QuerySet["MarketoAdmin"]):
    def of_instance(self, instance: MarketoInstance) -> MarketoAdminQuerySet:
        return self.filter(instance=instance)


class AdminReadingQuerySet(models.QuerySet["AdminReading"]):
    def of_instance(self, instance: MarketoInstance) -> AdminReadingQuerySet:
        return self.filter(instance=instance)


class MarketoAccessQuerySet(models.QuerySet["MarketoAccess"]):
    def for_account(self, account: SalesAccount) -> MarketoAccessQuerySet:
        return self.filter(connection__account=account)

    def of_user(self, user: User) -> MarketoAccessQuerySet:
        return self.filter(member__user=user)
