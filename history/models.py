"""The journal of the copy: what changed in a person, by which run."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import SalesAccount
from history.querysets import ChangeQuerySet


class ChangeKind(models.TextChoices):
    """What became of a person in the copy."""

    ADDED = "added", _("Added")
    UPDATED = "updated", _("Updated")
    REMOVED = "removed", _("Removed")
    RETURNED = "returned", _("Back in the copy")
    # Nothing of the person is kept but that there was something.
    ERASED = "erased", _("Erased")


class Change(models.Model):
    """
    What one run changed in one person of the copy. Whom the first load of an account brings has no row.

    `before` and `after` hold the columns of the copy that differ, by name; of somebody who leaves or comes back also
    `removed_reason`, of somebody new nothing. `content_before` is the MD5 of the person's content before, as
    history.journal computes it: taking a run back is proved by it. Runs are deleted sooner than this, so their number
    stands here without a key. The table is divided by months of `at`, which leave it as a whole.
    """

    pk = models.CompositePrimaryKey("account_id", "marketo_id", "run_id", "at")
    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    marketo_id = models.BigIntegerField()
    run_id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    before = models.JSONField()
    after = models.JSONField()
    content_before = models.CharField(max_length=32, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        # Made by hand in the migration: Django does not know partitions.
        managed = False
        db_table = "history_change"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.marketo_id}"


class ChangeDelay(models.Model):
    """How many changes of an hour arrived in the copy at most so many seconds after they had happened."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    changes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("account", "hour", "seconds", name="change_delay_unique")]

    def __str__(self) -> str:
        return f"{self.changes} within {self.seconds} seconds"
