"""Who: people who sign in, their Sales accounts, roles and teams, and the trail of what they changed."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from accounts.querysets import (
    UNTOLD,
    AuditEventQuerySet,
    MemberQuerySet,
    OccurrenceQuerySet,
    TeamQuerySet,
    UserManager,
)
from common.address_fields import AddressField
from common.names import isolated


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can sign in, known by an email address."""

    # So that one person has one spelling.
    email = AddressField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    is_active = models.BooleanField(default=True)
    is_ops_staff = models.BooleanField(_("ops staff"), default=False)
    joined_at = models.DateTimeField(auto_now_add=True)
    # Counted up to end all of a person's sessions.
    sessions_ended = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case")
        ]

    def __str__(self) -> str:
        return isolated(self.name) or self.email

    @property
    def name_and_email(self) -> str:
        """For whom a name says too little; the address alone where there is no name."""
        return f"{self} ({self.email})" if self.name else self.email

    def get_session_auth_hash(self) -> str:
        """Each session keeps this, and is over as soon as it differs: after a new password, or when sessions end."""
        return salted_hmac("accounts.session", f"{self.password}{self.sessions_ended}", algorithm="sha256").hexdigest()

    @property
    def initials(self) -> str:
        """Up to two letters for the avatar."""
        words = (self.name or self.email).replace("@", " ").split()
        return "".join(word[0] for word in words[:2]).upper()


class LoginPolicy(models.TextChoices):
    """How members sign in (Adobe, "Login Management Settings")."""

    ALL = "all", _("All Login Methods")
    SALESFORCE_ONLY = "salesforce_only", _("Salesforce Only")


class SalesAccount(models.Model):
    """A Marketo Sales account: the tenant to which every row of the console belongs."""

    name = models.CharField(max_length=150)
    slug = models.SlugField(unique=True)
    # The first person invited; must not be removed once data sync has begun (Adobe, Actions admin set-up guide).
    original_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Not the product's Salesforce Only: the first admin comes by mail, before anything is connected to Salesforce.
    login_policy = models.CharField(max_length=20, choices=LoginPolicy.choices, default=LoginPolicy.ALL)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return isolated(self.name)

    @property
    def is_salesforce_only(self) -> bool:
        return self.login_policy == LoginPolicy.SALESFORCE_ONLY


class Member(models.Model):
    """A user's place in the one Sales account they belong to."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="members")
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="member")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.USER)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = MemberQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the member's role may do."""
        return ROLE_PERMISSIONS[Role(self.role)]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


class Team(models.Model):
    """A set of members; every member is in the team Everyone."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(_("name"), max_length=100)
    is_everyone = models.BooleanField(default=False)
    members = models.ManyToManyField(Member, related_name="teams", blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["-is_everyone", "name"]
        constraints = [
            models.UniqueConstraint("account", Lower("name"), name="team_name_unique"),
            models.UniqueConstraint("account", condition=models.Q(is_everyone=True), name="team_one_everyone"),
        ]

    def __str__(self) -> str:
        return str(_("Everyone")) if self.is_everyone else isolated(self.name)


class AuditEvent(models.Model):
    """What a person did. Rows are only ever added, each with the hash of the one before (see audit_chain.py)."""

    account = models.ForeignKey(SalesAccount, null=True, on_delete=models.PROTECT, related_name="audit_events")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # Kept beside the key, so that the entry still says who after the user is gone.
    actor_email = models.EmailField()
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Hex SHA-256 of the entry before and of this one; the database fills them in.
    previous_hash = models.CharField(max_length=64, editable=False)
    hash = models.CharField(max_length=64, editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="audit_by_account")]

    def __str__(self) -> str:
        return f"{self.actor_email} {self.action} {self.target}"


class AuditAnchor(models.Model):
    """Where a chain of the audit trail ended when it was last looked at: what is missing since is found out."""

    # Empty for what belongs to no account.
    account = models.ForeignKey(SalesAccount, null=True, on_delete=models.CASCADE, related_name="+")
    entry_id = models.BigIntegerField()
    last_hash = models.CharField(max_length=64)
    entries = models.PositiveIntegerField()
    noted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], name="audit_anchor_one_per_chain", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.account or ''}: {self.entries} entries, last hash {self.last_hash}"


class Occurrence(models.Model):
    """One time that an event (common.events) happened: rooms record it, the room notifications tells it."""

    # Empty for what concerns the operator of the console alone.
    account = models.ForeignKey(SalesAccount, null=True, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=60)
    # What of the event's kind it is about, such as a provider or a run.
    subject = models.CharField(max_length=100, blank=True)
    details = models.JSONField(default=dict)
    # The path of the page that shows it.
    link = models.CharField(max_length=200, blank=True)
    # Whom it concerns besides those who can do something about it.
    concerned = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    # When the messages were written that tell of the one and the other.
    begin_told_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="occurrence_by_account"),
            models.Index(fields=["id"], name="occurrence_untold", condition=UNTOLD),
        ]
        constraints = [
            # It goes on once.
            models.UniqueConstraint(
                fields=["account", "event", "subject"],
                condition=models.Q(ended_at=None),
                nulls_distinct=False,
                name="occurrence_goes_on_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}".strip()
