"""How rows of this room are read: by the account they belong to, or by the Marketo admin who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.models import SalesAccount, User

if TYPE_CHECKING:
    from connections.models import MarketoAdmin, MarketoInstance  # noqa: F401 (named in a string)


class AccountQuerySet(models.QuerySet[Any]):
    """Rows with a column `account`."""

    def of_account(self, account: SalesAccount) -> Self:
        return self.filter(account=account)


class MarketoInstanceQuerySet(models.QuerySet["MarketoInstance"]):
    def administered_by(self, user: User) -> MarketoInstanceQuerySet:
        """Instances whose user management names this user's address as an admin."""
        return self.filter(admins__email__iexact=user.email)

    def of_account(self, account: SalesAccount) -> MarketoInstanceQuerySet:
        return self.filter(account=account)


class MarketoAdminQuerySet(models.QuerySet["MarketoAdmin"]):
    def of_instance(self, instance: MarketoInstance) -> MarketoAdminQuerySet:
        return self.filter(instance=instance)
