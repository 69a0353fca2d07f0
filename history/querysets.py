"""How the journal is read: through the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Func

from accounts.models import SalesAccount

if TYPE_CHECKING:
    from history.models import Change  # noqa: F401 (named in a string)


class Microseconds(Func):
    """A moment as a whole number: the key of a page of changes, of which one person has no two at once."""

    template = "(extract(epoch FROM %(expressions)s) * 1000000)::bigint"
    output_field = models.BigIntegerField()


class ChangeQuerySet(models.QuerySet["Change"]):
    def for_account(self, account: SalesAccount) -> ChangeQuerySet:
        return self.filter(account=account)

    def of_run(self, run_id: int) -> ChangeQuerySet:
        """What a run changed, of an account that was chosen before."""
        return self.filter(run_id=run_id)

    def of_person(self, marketo_id: int) -> ChangeQuerySet:
        """What became of somebody, in an account that was chosen before."""
        return self.filter(marketo_id=marketo_id)

    def with_moment(self) -> ChangeQuerySet:
        """Adds `moment`, by which pages are turned."""
        return self.annotate(moment=Microseconds("at"))
