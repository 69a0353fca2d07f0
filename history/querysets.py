"""How the journal is read: through the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from accounts.models import SalesAccount

if TYPE_CHECKING:
    from history.models import Change  # noqa: F401 (named in a string)


class ChangeQuerySet(models.QuerySet["Change"]):
    def for_account(self, account: SalesAccount) -> ChangeQuerySet:
        return self.filter(account=account)

    def of_run(self, run_id: int) -> ChangeQuerySet:
        """What a run changed, of an account that was chosen before."""
        return self.filter(run_id=run_id)
