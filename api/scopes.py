"""What an API token may read. A scope gives nothing by itself: its owner must have the permission behind it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission


class Scope(models.TextChoices):
    """Named by the room and what is read."""

    RUNS = "sync.read", _("Accounts, runs, freshness and problems")
    FAILED_CALLS = "diagnostics.read", _("Failed calls to Marketo and Salesforce")


# The permissions of the pages that show the same.
PERMISSIONS: dict[str, Permission] = {
    Scope.RUNS: Permission.CONTROL_RUNS,
    Scope.FAILED_CALLS: Permission.READ_DIAGNOSTICS,
}
