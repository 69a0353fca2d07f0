"""What somebody has chosen for the runs of an account: when they begin, and how much they may take away unasked."""

from datetime import time

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import SalesAccount
from sync.querysets import HoldLimitQuerySet, ScheduleQuerySet


def every_day() -> list[int]:
    """The days of the week, Monday first."""
    return list(range(7))


class Rhythm(models.IntegerChoices):
    """How often changes are followed, in minutes."""

    FIVE_MINUTES = 5, _("every 5 minutes")
    QUARTER = 15, _("every 15 minutes")
    HALF_AN_HOUR = 30, _("every 30 minutes")
    HOUR = 60, _("every hour")
    FOUR_HOURS = 240, _("every 4 hours")
    DAY = 1440, _("once a day")


class Schedule(models.Model):
    """When runs of an account begin by themselves; an account without one has the defaults."""

    account = models.OneToOneField(SalesAccount, on_delete=models.CASCADE, related_name="schedule")
    every_minutes = models.PositiveSmallIntegerField(
        _("Changes are read"), choices=Rhythm.choices, default=Rhythm.FIVE_MINUTES
    )
    time_zone = models.CharField(_("Time zone"), max_length=50, default="UTC")
    # When a full run may begin: days of the week from Monday, 0, on, and hours; from and until are equal for all hours.
    weekdays = models.JSONField(default=every_day)
    full_from = models.TimeField(_("From"), default=time())
    full_until = models.TimeField(_("Until"), default=time())
    # The first day on which runs begin by themselves again; null while they do.
    off_until = models.DateField(_("Off until"), null=True, blank=True)
    # Within how many minutes 95 of 100 changes are to be in the copy; null for what freshness.services promises.
    promised_minutes = models.PositiveSmallIntegerField(_("Minutes"), null=True)

    objects = ScheduleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Schedule of {self.account}"

    @classmethod
    def of(cls, account: SalesAccount) -> "Schedule":
        """The account's own, or the one that holds for everybody."""
        return cls.objects.for_account(account).first() or cls(account=account)


class HoldLimit(models.Model):
    """How many people of an account a run may remove or blank without asking: `people`, or if more, `percent`."""

    account = models.OneToOneField(SalesAccount, on_delete=models.CASCADE, related_name="hold_limit")
    people = models.PositiveIntegerField(_("People"), default=25)
    percent = models.PositiveSmallIntegerField(_("Percent of the copy"), default=1, validators=[MaxValueValidator(100)])

    objects = HoldLimitQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.people} or {self.percent}%"

    @classmethod
    def of(cls, account: SalesAccount) -> "HoldLimit":
        """The account's own, or the one that holds for everybody."""
        return cls.objects.for_account(account).first() or cls(account=account)

    def limit_of(self, people: int) -> int:
        """How many of so many people in the copy."""
        return max(self.people, people * self.percent // 100)
