"""What was found and ticked of the package Marketo Sales Insight in an account's Salesforce org."""

from typing import Any

from django.db import models

from accounts.models import SalesAccount, User
from connections.models import SalesforceConnection
from connections.querysets import AccountQuerySet
from salesforce_package.org import is_same_finding


class PackageCheck(models.Model):
    """What the last look at the Salesforce org found: the package's version and every item that an API can see."""

    account = models.OneToOneField(SalesAccount, on_delete=models.CASCADE, related_name="package_check")
    # A check of one org says nothing about the next one that is connected.
    org_id = models.CharField(max_length=18)
    # "1.8000.0.0", as last seen; empty when the package is not installed or never could be seen.
    version = models.CharField(max_length=40, blank=True)
    # {item key: a salesforce_package.org.Finding as a dict}
    results = models.JSONField(default=dict)
    checked_at = models.DateTimeField()
    # When a check first missed a package that an earlier one had found.
    removed_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Package in {self.org_id}"


class PackageChange(models.Model):
    """An item that was in place at one look and no longer at the next, until a later look finds it in place again."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    org_id = models.CharField(max_length=18)
    item = models.CharField(max_length=40)
    # Findings as dicts.
    before = models.JSONField()
    after = models.JSONField()
    # Entries of Salesforce's Setup audit trail that fit: salesforce_package.changes.SetupEntry as dicts.
    causes = models.JSONField(default=list)
    # When it was last seen in place.
    seen_at = models.DateTimeField()
    found_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.item


class ActivityProof(models.Model):
    """Tasks that were logged in an org to see what becomes of them, and what did; written before the first of them."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    org_id = models.CharField(max_length=18)
    # Over which the tasks were written, and can be deleted; empty once it is gone.
    connection = models.ForeignKey(SalesforceConnection, null=True, on_delete=models.SET_NULL, related_name="+")
    # As whom.
    username = models.CharField(max_length=255)
    run_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # The lead or contact that the tasks are about.
    record_id = models.CharField(max_length=18)
    # In the subject of every task, so that none is ever lost.
    mark = models.CharField(max_length=40, unique=True)
    # {task type: a salesforce_package.proof.TaskOutcome as a dict}
    outcome = models.JSONField(default=dict)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # When no task with the mark was left.
    cleaned_at = models.DateTimeField(null=True)

    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.mark


class PackageTick(models.Model):
    """A checklist item that no API can see, ticked by hand."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="package_ticks")
    org_id = models.CharField(max_length=18)
    item = models.CharField(max_length=40)
    # What a check had found when it was ticked: a tick is about that, and about nothing that is found later. Null for
    # an item that nothing had checked, and for ticks from before this was kept.
    finding = models.JSONField(null=True)
    ticked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    ticked_at = models.DateTimeField(auto_now_add=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("account", "org_id", "item", name="package_tick_unique")]

    def __str__(self) -> str:
        return self.item

    def is_about(self, finding: dict[str, Any] | None) -> bool:
        """Was it made for what is found now? When something else is found somebody must look again."""
        return not (self.finding and finding) or is_same_finding(self.finding, finding)
