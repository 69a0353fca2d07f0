"""Work that is taken up by whichever worker is free, step by step: what runs and their extracts have in common."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from sync.statuses import Transitions


class LeaseLost(Exception):
    """Another worker owns the row by now, or a person cancelled the run: write nothing more."""


class LeasedJob(models.Model):
    """Work that a worker takes up one step at a time. The row is the scheduler: whatever is due and has no live lease
    may be claimed; every write of a worker names the `attempt` it claimed, so that a late one changes nothing."""

    transitions: ClassVar[Transitions]
    status: str
    # When the next step may begin; null while nothing is to be done.
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    # Steps begun since the last one that got somewhere.
    tries = models.PositiveSmallIntegerField(default=0)
    # Code of sync.messages while the next step waits for something outside, and since when nothing has got on.
    waiting_reason = models.CharField(max_length=40, blank=True)
    waiting_since = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    # Calls that its steps have made to the providers, stored with each step's own writes: a killed one loses its few.
    marketo_calls = models.PositiveIntegerField(default=0)
    salesforce_calls = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def if_mine(self) -> "models.QuerySet[Any]":
        """The row as long as nobody else has claimed it since."""
        return type(self)._default_manager.filter(pk=self.pk, attempt=self.attempt)  # noqa: SLF001 (Django documents it)

    def write(self, **values: Any) -> None:
        """
        Store values and the calls made; raises LeaseLost when the row has another owner by now.

        ValueError for a status that does not follow on the row's.
        """
        if values.get("status", self.status) not in {self.status, *self.transitions[self.status]}:
            raise ValueError(f"{self}: {values['status']} does not follow on {self.status}")
        calls = {"marketo_calls": self.marketo_calls, "salesforce_calls": self.salesforce_calls}
        if not self.if_mine().update(**calls, **values):
            raise LeaseLost
        for name, value in values.items():
            setattr(self, name, value)

    def end_step(self, *, due_at: datetime | None, **values: Any) -> None:
        """Give the row back after a step that got somewhere; raises LeaseLost."""
        self.write(due_at=due_at, lease_until=None, tries=0, waiting_reason="", waiting_since=None, **values)

    def wait(self, reason: str, until: datetime, **values: Any) -> None:
        """Give the row back until something outside has changed; raises LeaseLost."""
        since = self.waiting_since or timezone.now()
        self.write(due_at=until, lease_until=None, waiting_reason=reason, waiting_since=since, **values)

    @property
    def waited(self) -> timedelta:
        """How long the step has been waiting in vain."""
        return timezone.now() - self.waiting_since if self.waiting_since else timedelta()
