"""Which Salesforce org an account's copy was made from, and the moves from one org to another."""

import json
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import SalesAccount, User
from connections.credentials import CredentialField
from connections.querysets import AccountQuerySet, OrgMoveQuerySet


class CopiedOrg(models.Model):
    """The org that the ids in an account's copy come from. It outlives the connection, and only a move changes it."""

    account = models.OneToOneField(SalesAccount, on_delete=models.CASCADE, related_name="+")
    org_id = models.CharField(max_length=18)
    org_name = models.CharField(max_length=255)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.org_name} ({self.org_id})"


class OrgMove(models.Model):
    """
    Another org than the one of the copy: offered until somebody decides, then moved to.

    A move is under way until it is settled: as long as people of the copy may not be in the new org yet, nobody leaves
    the copy for that.
    """

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    from_org_id = models.CharField(max_length=18)
    from_org_name = models.CharField(max_length=255)
    org_id = models.CharField(max_length=18)
    org_name = models.CharField(max_length=255)
    is_sandbox = models.BooleanField()
    # As whom the account would be connected.
    username = models.CharField(max_length=255)
    # The connection as it would be stored, tokens included, as JSON; empty once it is.
    connection = CredentialField()
    offered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    offered_at = models.DateTimeField(auto_now_add=True)
    moved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    moved_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = OrgMoveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", condition=Q(moved_at=None), name="org_move_one_offered"),
            models.UniqueConstraint(
                "account", condition=Q(moved_at__isnull=False, settled_at=None), name="org_move_one_under_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_org_name} ({self.from_org_id}) → {self.org_name} ({self.org_id})"


def unsealed(move: OrgMove) -> dict[str, Any]:
    """The columns of the connection that is offered; empty where no key can read them any more."""
    values: dict[str, Any] = json.loads(move.connection or "{}")
    return values
