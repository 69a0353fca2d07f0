"""What a problem with a neighbour means for a run: wait until some time, or end."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from connections.http import ApiError, QuotaExceeded, TransientApiError
from connections.marketo.errors import ExportQueueFull
from connections.problems import problem_code

# Marketo's own sample waits 60, 120 and 240 seconds for a place in the queue.
QUEUE_FULL = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
LONGEST_BACKOFF_SECONDS = 300
# A quota is given back at its hour, but clocks differ.
QUOTA_MARGIN = timedelta(minutes=3)
QUOTA_UNKNOWN = timedelta(hours=1)
MAX_TRIES = 60


class RunFailed(Exception):
    """The run cannot go on; `code` and `params` make the sentence for a person (sync.sentences)."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code)


class BadFile(Exception):
    """The file of a remote job is not the one that was promised; its text says what differs."""


@dataclass(frozen=True)
class Wait:
    """Try again at `until`; `reason` is a code of sync.sentences."""

    reason: str
    until: datetime


class MustWait(Exception):
    """The next step may not begin yet, for a reason of our own."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        super().__init__(wait.reason)


def verdict(error: ApiError, tries: int) -> Wait | RunFailed:
    """What to do about an error of a neighbour that was met by the last of `tries` steps in a row."""
    code, now = problem_code(error), timezone.now()
    if isinstance(error, QuotaExceeded):
        return Wait(code, (error.resets_at or now + QUOTA_UNKNOWN) + QUOTA_MARGIN)
    if isinstance(error, ExportQueueFull):
        return Wait("marketo_queue_full", now + QUEUE_FULL[min(tries, len(QUEUE_FULL)) - 1])
    if isinstance(error, TransientApiError) and tries < MAX_TRIES:
        return Wait(code, now + timedelta(seconds=min(error.retry_after or _backoff(tries), LONGEST_BACKOFF_SECONDS)))
    return RunFailed(code)


def _backoff(tries: int) -> float:
    # Jitter keeps the extracts of a run from coming back all at once.
    return min(2.0**tries, LONGEST_BACKOFF_SECONDS) * random.uniform(0.5, 1)  # noqa: S311
