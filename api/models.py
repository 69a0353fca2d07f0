"""Tokens by which programs read the API."""

from typing import cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from api.querysets import ApiTokenQuerySet
from api.scopes import PERMISSIONS, Scope
from common.names import isolated


class ApiToken(models.Model):
    """Lets a program read what its owner may: one account as its member, or all accounts as one of the ops staff."""

    account = models.ForeignKey(SalesAccount, null=True, on_delete=models.CASCADE, related_name="+")
    # It ends with the owner's place in the account.
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    # The owner among the ops staff.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=100)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices))
    # Hex SHA-256: the token itself is shown once, and stored nowhere.
    token_hash = models.CharField(max_length=64, unique=True)
    # By which a token that was found somewhere can be told from others.
    begins_with = models.CharField(max_length=20)
    expires_at = models.DateTimeField()
    # To the hour.
    last_used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, member__isnull=False, user=None)
                | Q(account=None, member=None, user__isnull=False),
                name="api_token_is_somebodys",
            )
        ]

    def __str__(self) -> str:
        return isolated(self.name)

    @property
    def owner(self) -> User:
        return self.member.user if self.member else cast("User", self.user)

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_backed(self) -> bool:
        """May its owner still read, at this moment, everything that the token may?"""
        if not self.owner.is_active:
            return False
        if self.member is None:
            return self.owner.is_ops_staff
        needed = {Permission.MANAGE_API_TOKENS, *(PERMISSIONS[scope] for scope in self.scopes)}
        return needed <= self.member.permissions

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
