"""How tokens are read: through whoever they belong to, or by their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import SalesAccount, User
    from api.models import ApiToken  # noqa: F401 (named in strings)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def for_account(self, account: SalesAccount) -> ApiTokenQuerySet:
        return self.filter(account=account)

    def of_ops_staff(self, user: User) -> ApiTokenQuerySet:
        """One person's own, which read every account."""
        return self.filter(user=user)

    def of_all_ops_staff(self) -> ApiTokenQuerySet:
        """Everybody's that read every account, by person."""
        return self.filter(account=None).order_by("user__email", "-pk")

    def of_person(self, user: User) -> ApiTokenQuerySet:
        """Those somebody owns, of their account and as ops staff."""
        return self.filter(models.Q(member__user=user) | models.Q(user=user))

    def with_owner(self) -> ApiTokenQuerySet:
        return self.select_related("account", "member__user", "user")
