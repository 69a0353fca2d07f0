"""The copy of people, the runs that keep it equal to Marketo, and what each run reads from the two providers."""

from datetime import timedelta

from django.db import models
from django.db.models import Case, Q, Sum, When
from django.db.models.functions import Collate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import SalesAccount, User
from sync.leases import LeasedJob
from sync.policies import every_day  # noqa: F401 (a released migration names it here)
from sync.querysets import (
    SEARCHED,
    CursorQuerySet,
    ExtractQuerySet,
    HeldPersonQuerySet,
    PersonQuerySet,
    RejectedRowQuerySet,
    SyncRunQuerySet,
)
from sync.statuses import EXTRACT_TRANSITIONS, RUN_TRANSITIONS, UNFINISHED, ExtractStatus, RunStatus


class RunKind(models.TextChoices):
    """How much a run reads."""

    FULL = "full", _("Full sync")
    INCREMENTAL = "incremental", _("Incremental sync")
    # Reads nobody: puts back what another run changed.
    UNDO = "undo", _("Undo")


class SyncRun(LeasedJob):
    """One pass over an account's people. It changes everything or nothing."""

    transitions = RUN_TRANSITIONS
    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="sync_runs")
    kind = models.CharField(max_length=12, choices=RunKind.choices, default=RunKind.FULL)
    status = models.CharField(max_length=12, choices=RunStatus.choices, default=RunStatus.PLANNING)
    # Code of sync.messages and its parameters when the run failed.
    failure = models.CharField(max_length=40, blank=True)
    failure_params = models.JSONField(default=dict)
    # REST names of the Marketo fields the run reads; those the instance lacks are left out.
    fields = models.JSONField(default=list)
    # Of a full run: columns of the copy that a run of changes was not shown since. They stay as they were.
    gone_fields = models.JSONField(default=list, db_default=[])
    # The static list of Marketo whose members alone are read; null and empty for everybody.
    list_id = models.PositiveBigIntegerField(null=True)
    list_name = models.CharField(max_length=255, blank=True)
    # People: read from Marketo, in the copy afterwards, left out by reason, and rows that could not be read.
    seen = models.PositiveIntegerField(default=0)
    synced = models.PositiveIntegerField(default=0)
    # Everybody in the copy when the run ended, also those that a run which follows changes did not look at.
    people = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    rejected = models.PositiveIntegerField(default=0)
    # Those who came into the copy, for the first time or again.
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    # {"source": [rows, hash], "copy": [rows, hash]}: proof that the copy holds what was read.
    receipt = models.JSONField(default=dict)
    # Set while a person holds the run: no step of it begins.
    paused_at = models.DateTimeField(null=True)
    # For how long in all, with the time for which it waited for a decision.
    paused_for = models.DurationField(default=timedelta)
    # When a worker last began to load one of the run's files: whoever was served longest ago comes next.
    served_at = models.DateTimeField(null=True)
    # How often all was read again because a crash of the database had emptied the stage tables.
    restarts = models.PositiveSmallIntegerField(default=0)
    # How much the users of both connections were shown: connections.services.visibility.Visibility as JSON, or parts.
    visibility = models.JSONField(default=dict)
    # People of the copy who stayed although what was read does not confirm them, by reason.
    kept = models.JSONField(default=dict)
    # Reads everybody and changes nobody, until somebody starts it.
    is_dry_run = models.BooleanField(default=False)
    # Why it was held (sync.engine.hold), and who let it go on although.
    held = models.JSONField(default=dict)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The run that this one takes back.
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    # Rows of its stage tables when it stopped, by their names: what a crash of the database has emptied has fewer.
    stage_rows = models.JSONField(default=dict)
    # Goes on after a decision: later runs may have read newer things.
    is_resumed = models.BooleanField(default=False)
    # Stage tables and remote jobs are still there and must go.
    has_leftovers = models.BooleanField(default=False)
    # What the person who started it had been told: the values of pipeline.engine.preview.Forecast; empty without one.
    forecast = models.JSONField(default=dict)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    merge_started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="run_by_account"),
            models.Index(fields=["due_at"], name="run_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["status", "-id"], name="run_by_status"),
            models.Index(fields=["kind", "-id"], name="run_by_kind"),
            models.Index(fields=["finished_at"], name="run_by_end"),
            models.Index(
                fields=["account", "-finished_at", "-id"],
                name="run_by_success",
                condition=Q(status=RunStatus.SUCCEEDED),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(status__in=UNFINISHED), name="run_one_unfinished"),
        ]

    def __str__(self) -> str:
        return gettext("%(kind)s, run %(number)s") % {"kind": self.get_kind_display(), "number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("operations:run", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def changed(self) -> int:
        """People whose copy the run changed."""
        return self.added + self.updated + self.removed

    @property
    def people_before(self) -> int:
        """Everybody in the copy before the run changed it, or would."""
        return self.people - self.added + self.removed

    @property
    def held_removals(self) -> int:
        """People whom it would remove, once it was held for them."""
        return sum(self.held.get("removed", {}).values())

    def calls(self) -> dict[str, int]:
        """Calls made to the providers, by the names of the two fields that count them."""
        made = self.extracts.aggregate(marketo_calls=Sum("marketo_calls"), salesforce_calls=Sum("salesforce_calls"))
        return {name: getattr(self, name) + (calls or 0) for name, calls in made.items()}

    @property
    def duration(self) -> timedelta | None:
        """From the first step to the end, or to now."""
        return (self.finished_at or timezone.now()) - self.started_at if self.started_at else None

    @property
    def held_for(self) -> timedelta:
        """For how long people kept it from going on: they paused it, or had to decide."""
        paused = (self.finished_at or timezone.now()) - self.paused_at if self.paused_at else timedelta()
        return self.paused_for + paused

    @property
    def working_time(self) -> timedelta | None:
        """The duration without the time for which people held the run."""
        return self.duration - self.held_for if self.duration else None


class Source(models.TextChoices):
    """What an extract reads."""

    MARKETO_PEOPLE = "marketo_people", _("Marketo people")
    SALESFORCE_LEADS = "salesforce_leads", _("Salesforce leads")
    SALESFORCE_CONTACTS = "salesforce_contacts", _("Salesforce contacts")
    SALESFORCE_ROLES = "salesforce_roles", _("Salesforce opportunity contact roles")
    # Ids of people who changed, for incremental runs.
    MARKETO_CHANGES = "marketo_changes", _("Changes in Marketo")
    MARKETO_ACTIVITIES = "marketo_activities", _("New owners, conversions and merges in Marketo")
    MARKETO_DELETIONS = "marketo_deletions", _("Deletions in Marketo")
    SALESFORCE_CHANGES = "salesforce_changes", _("Changes in Salesforce")


class Extract(LeasedJob):
    """One remote job of a run, and the loading of its result into the run's stage table."""

    transitions = EXTRACT_TRANSITIONS
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="extracts")
    source = models.CharField(max_length=20, choices=Source.choices)
    # Created times in Marketo, both ends included, or when the changes happened; null where all is read at once.
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=ExtractStatus.choices, default=ExtractStatus.PLANNED)
    rows_expected = models.PositiveIntegerField(null=True)
    # Size of the file as the account's last full run lets expect it; null where that knows nothing.
    bytes_expected = models.PositiveBigIntegerField(null=True)
    # Size and sha256 that Marketo promises for the file; Salesforce promises rows only.
    bytes = models.PositiveBigIntegerField(null=True)
    checksum = models.CharField(max_length=64, blank=True)
    # Where the next page begins; each page is committed by itself, a Marketo file as a whole.
    locator = models.TextField(blank=True)
    rows_loaded = models.PositiveIntegerField(default=0)
    # As far as the heartbeat has seen the load come, before its commit.
    rows_shown = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    last_problem = models.CharField(max_length=300, blank=True)
    # Reads those again about whom a person has decided, by their ids.
    is_recheck = models.BooleanField(default=False)
    # A remote job that failed or vanished is made anew once.
    is_recreated = models.BooleanField(default=False)
    # Of a stream of changes: how many happened when, as sync.engine.delays keeps it.
    change_times = models.JSONField(default=dict, db_default={})
    requested_at = models.DateTimeField(null=True)
    load_started_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)

    objects = ExtractQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["due_at"], name="extract_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.pk}"

    @property
    def reads_people(self) -> bool:
        return self.source == Source.MARKETO_PEOPLE


class HeldPerson(models.Model):
    """Somebody whom a held run would remove, for a `reason` of sync.eligibility, or blank, with an empty one."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="held_people", db_index=False)
    marketo_id = models.BigIntegerField()
    reason = models.CharField(max_length=40, blank=True)

    objects = HeldPersonQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("run", "marketo_id", name="held_person_unique")]

    def __str__(self) -> str:
        return f"{self.marketo_id} of run {self.run_id}"


class Cursor(models.Model):
    """How far an account's changes have been followed in one stream; it moves together with the copy."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="sync_cursors")
    stream = models.CharField(max_length=20, choices=Source.choices)
    # Marketo's own mark; empty before the first reading, and again when Marketo no longer knows it.
    token = models.TextField(blank=True)
    # Everything before this time has been read.
    since = models.DateTimeField()

    objects = CursorQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "stream", name="cursor_unique")]

    def __str__(self) -> str:
        return f"{self.get_stream_display()}, {self.since}"


class RejectedRow(models.Model):
    """A row of a file that could not be read; kept so that a person can find and mend it."""

    extract = models.ForeignKey(Extract, on_delete=models.CASCADE, related_name="rejected_rows")
    # Line of the file on which the row ends; the header is line 1.
    line = models.PositiveIntegerField()
    # Code of sync.messages.
    reason = models.CharField(max_length=40)
    text = models.CharField(max_length=500)

    objects = RejectedRowQuerySet.as_manager()

    class Meta:
        ordering = ["extract_id", "line"]

    def __str__(self) -> str:
        return f"{self.reason} on line {self.line}"


RECORD = Case(When(salesforce_type="Contact", then="salesforce_contact_id"), default="salesforce_lead_id")


class Person(models.Model):
    """A person of Marketo in the copy. Marketo's null and "" are different values, so every text may be null."""

    pk = models.CompositePrimaryKey("account_id", "marketo_id")
    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="people", db_index=False)
    marketo_id = models.BigIntegerField(_("Marketo ID"))
    first_name = models.TextField(_("First name"), null=True)
    last_name = models.TextField(_("Last name"), null=True)
    email = models.TextField(_("Email"), null=True)
    company = models.TextField(_("Company"), null=True)
    title = models.TextField(_("Title"), null=True)
    phone = models.TextField(_("Phone number"), null=True)
    source = models.TextField(_("Source"), null=True)
    linkedin_url = models.TextField(_("LinkedIn URL"), null=True)
    salesforce_lead_id = models.TextField(_("Salesforce lead ID"), null=True)
    salesforce_contact_id = models.TextField(_("Salesforce contact ID"), null=True)
    salesforce_account_id = models.TextField(_("Salesforce account ID"), null=True)
    salesforce_opportunity_id = models.TextField(_("Salesforce opportunity ID"), null=True)
    # From Salesforce: "Lead" or "Contact", and the user who owns the record.
    salesforce_type = models.TextField()
    owner_id = models.TextField()
    owner_name = models.TextField(_("Sales owner"), null=True)
    removed_at = models.DateTimeField(null=True)
    # Code of sync.messages; why the person is no longer in the copy.
    removed_reason = models.CharField(max_length=40, blank=True)
    # Code of sync.eligibility.NOT_VISIBLE, and since when: somebody in the copy who was not shown when last looked for.
    hidden_reason = models.CharField(max_length=40, blank=True, db_default="")
    hidden_since = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            # What people in the copy are found by (PersonQuerySet.search).
            *(
                models.Index("account", key, name=f"person_by_{name}", condition=Q(removed_at=None))
                for name, key in SEARCHED.items()
            ),
            # Who left, by reason.
            models.Index(
                fields=["account", "removed_reason", "removed_at"],
                name="person_gone",
                condition=Q(removed_at__isnull=False),
            ),
            models.Index(fields=["account", "hidden_reason"], name="person_hidden", condition=~Q(hidden_reason="")),
            # Whom the copy holds because of a record of Salesforce.
            models.Index("account", Collate(RECORD, "C"), name="person_by_record", condition=Q(removed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.first_name or ''} {self.last_name or ''}".strip() or str(self.marketo_id)
