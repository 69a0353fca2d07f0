"""How rows of this room are read: always through the account they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Lower

from accounts.permissions import Permission, Role, roles_with
from common.addresses import lookup_form

if TYPE_CHECKING:
    from accounts.models import AuditEvent, Member, Occurrence, SalesAccount, Team, User  # noqa: F401 - named in strings

# Occurrences of which a beginning or an end has yet to be told.
UNTOLD = Q(begin_told_at=None) | Q(ended_at__isnull=False, end_told_at=None)


class UserManager(BaseUserManager["User"]):
    """Users by email address, in whatever spelling."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """Create a user with the stored form of an address; without a password nobody can sign in yet."""
        user = self.model(email=lookup_form(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        """For `createsuperuser`: of whoever operates the console no mail asks whether the address is theirs."""
        from allauth.account.models import EmailAddress

        user = self.create_user(email, password, is_superuser=True, is_ops_staff=True, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username or "")

    def with_email(self, email: str) -> User | None:
        """The user with this address in any spelling, or None."""
        return self.filter(email=email).first()


class MemberQuerySet(models.QuerySet["Member"]):
    def for_account(self, account: SalesAccount) -> MemberQuerySet:
        return self.filter(account=account)

    def admins_of(self, account: SalesAccount) -> MemberQuerySet:
        """Members with the role Admin who can sign in."""
        return self.for_account(account).filter(role=Role.ADMIN, user__is_active=True)

    def who_may(self, permission: Permission) -> MemberQuerySet:
        """Members whose role includes it."""
        return self.filter(role__in=roles_with(permission))

    def unlinked(self) -> MemberQuerySet:
        """Members whom no Salesforce user signs in."""
        return self.filter(user__socialaccount=None)

    def for_display(self) -> MemberQuerySet:
        """With the user and the teams of each member, by name; and whether there is a second factor to be lost."""
        from allauth.mfa.models import Authenticator

        has_second_factor = Exists(Authenticator.objects.filter(user=OuterRef("user")))
        members = self.select_related("user").prefetch_related("teams").order_by("user__name", "user__email")
        return members.annotate(has_second_factor=has_second_factor)


class TeamQuerySet(models.QuerySet["Team"]):
    def for_account(self, account: SalesAccount) -> TeamQuerySet:
        return self.filter(account=account)

    def named(self, name: str) -> Team | None:
        """The team with this name in any case, or None."""
        # Compared as the constraint compares: upper case joins letters that lower case keeps apart.
        return self.annotate(key=Lower("name")).filter(key=Lower(Value(name))).first()


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def for_account(self, account: SalesAccount) -> AuditEventQuerySet:
        return self.filter(account=account)


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def for_account(self, account: SalesAccount) -> OccurrenceQuerySet:
        return self.filter(account=account)

    def going_on(self) -> OccurrenceQuerySet:
        """What has begun and is not over."""
        return self.filter(ended_at=None)

    def untold(self) -> OccurrenceQuerySet:
        return self.filter(UNTOLD)
