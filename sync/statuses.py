"""Where runs and their extracts stand, and from where to where they may go: nothing else changes a status."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunStatus(models.TextChoices):
    """Where a run is. One that is held has stopped, and goes on or ends by a decision or in time."""

    PLANNING = "planning", _("Planning")
    EXTRACTING = "extracting", _("Extracting")
    MERGING = "merging", _("Merging")
    HELD = "held", _("Held")
    PREVIEWED = "previewed", _("Dry run")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    DISCARDED = "discarded", _("Discarded")


class ExtractStatus(models.TextChoices):
    """Where an extract is."""

    PLANNED = "planned", _("Planned")
    REQUESTED = "requested", _("Requested")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    LOADING = "loading", _("Loading")
    LOADED = "loaded", _("Loaded")
    FAILED = "failed", _("Failed")


Transitions = Mapping[str, frozenset[str]]

UNFINISHED = (RunStatus.PLANNING, RunStatus.EXTRACTING, RunStatus.MERGING)
# What was read waits for a decision, and nothing is worked on.
WAITING_FOR_A_DECISION = (RunStatus.HELD, RunStatus.PREVIEWED)
_STOPPED = {RunStatus.FAILED, RunStatus.CANCELLED}
RUN_TRANSITIONS: Transitions = {
    # At once to its end, or held: an undo, which has nothing to read.
    RunStatus.PLANNING: frozenset({RunStatus.EXTRACTING, RunStatus.SUCCEEDED, RunStatus.HELD} | _STOPPED),
    # At once to its end, when nothing has changed. Held again, when what was to be read anew cannot be.
    RunStatus.EXTRACTING: frozenset({RunStatus.MERGING, RunStatus.SUCCEEDED, RunStatus.HELD} | _STOPPED),
    # Back, when a crash of the database has emptied the tables of what was read.
    RunStatus.MERGING: frozenset(
        {RunStatus.SUCCEEDED, RunStatus.PLANNING, RunStatus.EXTRACTING, *WAITING_FOR_A_DECISION} | _STOPPED
    ),
    RunStatus.HELD: frozenset({RunStatus.PLANNING, RunStatus.EXTRACTING, RunStatus.DISCARDED}),
    RunStatus.PREVIEWED: frozenset({RunStatus.MERGING, RunStatus.DISCARDED}),
    RunStatus.SUCCEEDED: frozenset(),
    RunStatus.FAILED: frozenset(),
    RunStatus.CANCELLED: frozenset(),
    RunStatus.DISCARDED: frozenset(),
}
# A job that failed or vanished is made anew, and what can no longer be had ends the extract.
_AGAIN = {ExtractStatus.PLANNED, ExtractStatus.FAILED}
EXTRACT_TRANSITIONS: Transitions = {
    # Salesforce's jobs run at once; changes are read without a job.
    ExtractStatus.PLANNED: frozenset(
        {ExtractStatus.REQUESTED, ExtractStatus.RUNNING, ExtractStatus.LOADING, ExtractStatus.LOADED} | _AGAIN
    ),
    ExtractStatus.REQUESTED: frozenset({ExtractStatus.RUNNING} | _AGAIN),
    ExtractStatus.RUNNING: frozenset({ExtractStatus.READY} | _AGAIN),
    ExtractStatus.READY: frozenset({ExtractStatus.LOADING, ExtractStatus.LOADED} | _AGAIN),
    # Ready again: a bad file may have been a bad download.
    ExtractStatus.LOADING: frozenset({ExtractStatus.LOADED, ExtractStatus.READY} | _AGAIN),
    # Ready again, when a crash of the database has emptied the tables of what was read.
    ExtractStatus.LOADED: frozenset({ExtractStatus.READY}),
    ExtractStatus.FAILED: frozenset(),
}
