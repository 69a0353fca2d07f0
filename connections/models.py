"""The two providers: Marketo instances with their admins, and an account's connections to Marketo and Salesforce."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Member, SalesAccount, User
from clients.hosts import PRODUCTION_LOGIN, SANDBOX_LOGIN
from clients.salesforce.addresses import real_address
from clients.salesforce.oauth import AppKind
from common.address_fields import AddressField
from common.addresses import lookup_form
from common.encryption import EncryptedTextField
from connections.credentials import CredentialField
from connections.marketo_share import MarketoShare
from connections.orgs import CopiedOrg, OrgMove  # noqa: F401 (Django looks for models here)
from connections.querysets import (
    AccountQuerySet,
    AdminReadingQuerySet,
    MarketoAccessQuerySet,
    MarketoAdminQuerySet,
    MarketoInstanceQuerySet,
    SalesforceAppKeyQuerySet,
    SalesforceAppQuerySet,
    SalesforceConnectionQuerySet,
)

# Salesforce, "Manage OAuth Access Policies": the usual policy for refresh tokens that are not used.
TOKEN_IDLE_LIFETIME = timedelta(days=30)


class MarketoInstance(models.Model):
    """A customer's Marketo subscription; registered by the operator, it exists before any Sales account."""

    munchkin_id = models.CharField(_("Munchkin Account ID"), max_length=20, unique=True)
    name = models.CharField(max_length=150)
    endpoint = models.URLField()
    # Credentials of the API-only user; shown on the Integration Information card after the first invitation.
    client_id = models.CharField(max_length=100)
    client_secret = CredentialField()
    account = models.OneToOneField(
        SalesAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="marketo_instance"
    )
    # The day's allowances of the contract, for all tools together: Adobe's usual ones until somebody says otherwise.
    daily_calls = models.PositiveIntegerField(
        _("API calls a day"), default=50_000, validators=[MinValueValidator(1_000)]
    )
    daily_export_megabytes = models.PositiveIntegerField(
        _("Megabytes of bulk exports a day"), default=500, validators=[MinValueValidator(10)]
    )
    # How much of both this console takes.
    share_percent = models.PositiveSmallIntegerField(
        _("Share of this console in percent"), default=50, validators=[MinValueValidator(5), MaxValueValidator(100)]
    )
    # Names of Marketo's roles that count as Admin here, besides that one.
    admin_roles = models.JSONField(default=list, blank=True)
    admins_read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MarketoInstanceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.munchkin_id})"

    @property
    def share(self) -> MarketoShare:
        return MarketoShare(self.daily_calls, self.daily_export_megabytes * 1_000_000, self.share_percent)


class MarketoAdmin(models.Model):
    """An admin of a Marketo instance, as its user management names them; may open the Marketo pages of the console."""

    instance = models.ForeignKey(MarketoInstance, on_delete=models.CASCADE, related_name="admins")
    # Empty for the admin named at registration until the list has been read from Marketo.
    marketo_user_id = models.CharField(max_length=255, blank=True)
    email = AddressField()
    first_name = models.CharField(max_length=255, blank=True)
    last_name = models.CharField(max_length=255, blank=True)
    # An admin of several instances works in the one that was chosen last.
    chosen_at = models.DateTimeField(null=True)

    objects = MarketoAdminQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "email"]
        constraints = [models.UniqueConstraint("instance", "email", name="marketo_admin_unique")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class AdminReading(models.Model):
    """A list of Marketo admins on its way: Marketo tells roles one user at a time."""

    instance = models.OneToOneField(MarketoInstance, on_delete=models.CASCADE, related_name="admin_reading")
    # Fields of clients.marketo.types.MarketoUser: everybody, and who was found to be an admin among the first `done`.
    users = models.JSONField()
    found = models.JSONField(default=list)
    # Addresses whose roles Marketo did not tell.
    unread = models.JSONField(default=list)
    done = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)

    objects = AdminReadingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.done} of {self.total}"

    @property
    def total(self) -> int:
        return len(self.users)


class ConnectionStatus(models.TextChoices):
    """What the last call over a connection showed."""

    CONNECTED = "connected", _("Connected")
    NEEDS_RECONNECTING = "needs_reconnecting", _("Needs reconnecting")


class MarketoConnection(models.Model):
    """The one connection of an account to its Marketo instance; owned by the admin who connected."""

    account = models.OneToOneField(SalesAccount, on_delete=models.CASCADE, related_name="marketo_connection")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    munchkin_id = models.CharField(_("Munchkin Account ID"), max_length=20)
    endpoint = models.URLField()
    client_id = models.CharField(_("Client ID"), max_length=100)
    client_secret = CredentialField(_("Client Secret"))
    status = models.CharField(max_length=20, choices=ConnectionStatus.choices, default=ConnectionStatus.CONNECTED)
    # Code of problems.messages for the last failure; empty while calls succeed.
    problem = models.CharField(max_length=40, blank=True)
    # The path, without ids, of the call that met the problem.
    problem_operation = models.CharField(max_length=200, blank=True)
    connected_at = models.DateTimeField(auto_now_add=True)
    last_call_at = models.DateTimeField(null=True)
    # What its user is shown, as connections.services.visibility stores it; empty until somebody has looked.
    visibility = models.JSONField(default=dict, blank=True)
    visibility_checked_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Marketo {self.munchkin_id}"


class MarketoAccess(models.Model):
    """A member's use of the connection, in one workspace of Marketo for good; ends with the connection."""

    connection = models.ForeignKey(MarketoConnection, on_delete=models.CASCADE, related_name="accesses")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    workspace_id = models.PositiveIntegerField()
    workspace_name = models.CharField(max_length=255)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    objects = MarketoAccessQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "member", name="marketo_access_unique")]

    def __str__(self) -> str:
        return f"{self.member} in {self.workspace_name}"


APP_KINDS = [
    (AppKind.EXTERNAL_CLIENT_APP.value, _("External client app")),
    (AppKind.CONNECTED_APP.value, _("Connected app")),
]


class SalesforceApp(models.Model):
    """An app that a Sales account has made in one of its orgs; the operator's own stands in the settings."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="salesforce_apps")
    # The login page of its org: that of production, of sandboxes, or a My Domain.
    org_origin = models.URLField()
    kind = models.CharField(_("Kind"), max_length=20, choices=APP_KINDS, default=AppKind.EXTERNAL_CLIENT_APP.value)
    # How it is called in Salesforce.
    name = models.CharField(_("Name in Salesforce"), max_length=80)
    client_id = models.CharField(_("Consumer Key"), max_length=255)
    client_secret = CredentialField(_("Consumer Secret"))
    entered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    # When Salesforce was last seen to know key and secret.
    proved_at = models.DateTimeField(null=True)

    objects = SalesforceAppQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "org_origin", name="salesforce_app_unique")]
        ordering = ["org_origin"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_many_orgs(self) -> bool:
        """Is it asked with for every production org, or every sandbox, that has no app of its own?"""
        return self.org_origin in (PRODUCTION_LOGIN, SANDBOX_LOGIN)

    @property
    def org(self) -> StrOrPromise:
        """For which orgs the app is, in words."""
        shared = {PRODUCTION_LOGIN: _("Production"), SANDBOX_LOGIN: _("Sandbox")}
        return shared.get(self.org_origin, self.org_origin.removeprefix("https://"))


class SalesforceAppKey(models.Model):
    """A key that JWT bearer tokens of an app are signed with: the one in use, or the next one that is prepared."""

    app = models.ForeignKey(SalesforceApp, on_delete=models.CASCADE, related_name="keys")
    private_key = CredentialField()
    # PEM, to be uploaded in Salesforce.
    certificate = models.TextField()
    is_next = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SalesforceAppKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("app", "is_next", name="salesforce_app_key_unique")]
        ordering = ["is_next"]

    def __str__(self) -> str:
        return f"Key of {self.app}"


class ConnectMethod(models.TextChoices):
    """How the user of a connection lets the console in."""

    WEB = "web", _("Logged in at Salesforce")
    CLIENT_CREDENTIALS = "client_credentials", _("Client credentials")
    JWT_BEARER = "jwt_bearer", _("JWT bearer")


class SalesforceConnection(models.Model):
    """A connection to a Salesforce org, acting as the user who allowed it: the account's, or a member's own."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    # Whose own connection it is; empty for the account's, over which data sync runs.
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    connected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Whose tokens these are; empty for the operator's app.
    app = models.ForeignKey(SalesforceApp, null=True, on_delete=models.RESTRICT, related_name="connections")
    method = models.CharField(max_length=20, choices=ConnectMethod.choices, default=ConnectMethod.WEB)
    login_origin = models.URLField()
    instance_url = models.URLField()
    # Both ids in their 18-character form; a user id alone repeats in every sandbox copied from one production org.
    org_id = models.CharField(max_length=18)
    org_name = models.CharField(max_length=255)
    is_sandbox = models.BooleanField()
    user_id = models.CharField(max_length=18)
    username = models.CharField(max_length=255)
    # By which Salesforce knows that user.
    email = models.EmailField()
    scopes = models.CharField(max_length=500)
    access_token = CredentialField()
    # Empty where the user does not log in.
    refresh_token = CredentialField()
    # When the refresh token was last given out or used; an org may let it die when it idles for 30 days.
    refreshed_at = models.DateTimeField(default=timezone.now)
    rotations = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=20, choices=ConnectionStatus.choices, default=ConnectionStatus.CONNECTED)
    problem = models.CharField(max_length=40, blank=True)
    problem_operation = models.CharField(max_length=200, blank=True)
    # From the header Sforce-Limit-Info of the last answer.
    calls_used_today = models.PositiveIntegerField(null=True)
    calls_per_day = models.PositiveIntegerField(null=True)
    connected_at = models.DateTimeField(auto_now_add=True)
    last_call_at = models.DateTimeField(null=True)
    # What its user is shown, as connections.services.visibility stores it; empty until somebody has looked.
    visibility = models.JSONField(default=dict, blank=True)
    visibility_checked_at = models.DateTimeField(null=True)

    objects = SalesforceConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", condition=models.Q(member=None), name="salesforce_one_of_account"),
            models.UniqueConstraint("member", name="salesforce_one_of_member"),
        ]

    def __str__(self) -> str:
        return f"Salesforce {self.org_id}"

    @property
    def is_by_login(self) -> bool:
        return self.method == ConnectMethod.WEB

    @property
    def may_be_somebody_else(self) -> bool:
        """Does Salesforce know a member, on their own connection, by another address than this console?"""
        return bool(self.member_id) and lookup_form(real_address(self.email)) != self.connected_by.email

    @property
    def idle_days_left(self) -> int:
        """Days until the refresh token has idled for as long as Salesforce may allow."""
        return max(0, (self.refreshed_at + TOKEN_IDLE_LIFETIME - timezone.now()).days)


class SalesforceSignIn(models.Model):
    """A sign-in at Salesforce that was started and has not come back: the other half of OAuth's `state`."""

    state_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # For the user's own connection, not the account's.
    is_own = models.BooleanField(default=False)
    # Which app asks; empty for the operator's.
    app = models.ForeignKey(SalesforceApp, null=True, on_delete=models.CASCADE, related_name="+")
    login_origin = models.URLField()
    code_verifier = EncryptedTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Sign-in of {self.user}"


class OrphanedToken(models.Model):
    """A refresh token that nobody here uses any more and that Salesforce has yet to forget."""

    login_origin = models.URLField()
    token = CredentialField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Token of {self.login_origin}"


class Service(models.TextChoices):
    """The providers, named as `clients.http.ApiError` names them."""

    SALESFORCE = "salesforce", "Salesforce"
    MARKETO = "marketo", "Marketo"


class ApiFailure(models.Model):
    """Calls of an account that failed in one way, counted; holds no secret, and of people only whose click."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    service = models.CharField(max_length=20, choices=Service.choices)
    # A code of diagnostics.messages where it has one, otherwise the provider's own or ours ("timeout").
    code = models.CharField(max_length=60)
    # The path that was called, without ids.
    operation = models.CharField(max_length=200)
    # Code of problems.messages, for codes that diagnostics.messages does not explain.
    problem = models.CharField(max_length=40)
    # Custom fields and objects that the provider's message names; the message itself may name people.
    names = models.CharField(max_length=300, blank=True)
    # Who signed in at Salesforce when it failed last; empty for all other calls.
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    # When the same call, made again by hand, succeeded; empty once it fails anew.
    solved_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "service", "code", "operation", name="api_failure_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.code}"


class ApiUsage(models.Model):
    """The most API calls of a day that a provider told of: everybody's to the org or instance, not only ours."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    service = models.CharField(max_length=20, choices=Service.choices)
    day = models.DateField()
    calls = models.PositiveIntegerField()
    # Unknown where the provider does not tell: Marketo.
    limit = models.PositiveIntegerField(null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "service", "day", name="api_usage_unique")]

    def __str__(self) -> str:
        return f"{self.service} {self.day}"
