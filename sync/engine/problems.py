"""What a problem with a provider, or with the database, means for a run: wait until some time, or end."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import DiskFull

from clients.http import ApiError, CircuitOpenError, QuotaExceeded, TransientApiError
from clients.marketo.errors import ExportQueueFull
from problems.codes import problem_code

# Marketo's own sample waits 60, 120 and 240 seconds for a place in the queue: each time as long as before in all.
QUEUE_FULL_FIRST, QUEUE_FULL_LONGEST = timedelta(minutes=1), timedelta(minutes=4)
LONGEST_BACKOFF_SECONDS = 300
PAUSE_SECONDS = 30
# A quota is given back at its hour, but clocks differ.
QUOTA_MARGIN = timedelta(minutes=3)
QUOTA_UNKNOWN = timedelta(hours=1)
MAX_TRIES = 60
# The code of an error whose answer named none; the providers' own are 6xx and above, or words.
_HTTP_STATUS = re.compile("[45][0-9][0-9]")
# An answer that makes no sense may be that of a gateway, once: a page of HTML with status 200, a result of null. A page
# that leads to itself may lead on the next time.
ODD_ANSWERS = {"not_json", "unexpected_shape", "repeated_page", "repeated_token"}
ODD_TRIES = 2
ODD = {"marketo": "marketo_odd", "salesforce": "salesforce_odd"}
# A queue that stays full and a quota that others use up every day are waited for so long. Both providers keep what an
# export has made for seven days.
LONGEST_WAIT = timedelta(days=5)


class RunFailed(Exception):
    """The run cannot go on; `code` and `params` make the sentence for a person (sync.messages)."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code)


class BadFile(Exception):
    """The file of a remote job is not the one that was promised; its text says what differs."""


class StageLost(Exception):
    """A crash of the database has emptied a stage table."""


@dataclass(frozen=True)
class Wait:
    """
    Try again at `until`; `reason` is a code of sync.messages. `tries` counts the failures in a row that led here, 0
    where nothing is wrong.
    """

    reason: str
    until: datetime
    tries: int = 0


class MustWait(Exception):
    """The next step may not begin yet, for a reason of our own."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        super().__init__(wait.reason)


def decide_retry(error: ApiError, tries: int, waited: timedelta) -> Wait | RunFailed:
    """What to do about an error that was met by the last of `tries` steps in a row, after `waited` of waiting."""
    code, now = problem_code(error), timezone.now()
    if isinstance(error, QuotaExceeded):
        return Wait(code, (error.resets_at or now + QUOTA_UNKNOWN) + QUOTA_MARGIN)
    if isinstance(error, ExportQueueFull):
        return Wait("marketo_queue_full", now + min(max(waited, QUEUE_FULL_FIRST), QUEUE_FULL_LONGEST))
    if isinstance(error, CircuitOpenError):
        # Nobody was called, so this was no try.
        return Wait(code, now + timedelta(seconds=error.retry_after or PAUSE_SECONDS), max(tries - 1, 0))
    if error.code in ODD_ANSWERS:
        return _ask_once_more(error, tries)
    if isinstance(error, TransientApiError) and tries < MAX_TRIES:
        pause = min(error.retry_after or _backoff(tries), LONGEST_BACKOFF_SECONDS)
        return Wait(code, now + timedelta(seconds=pause), tries)
    return RunFailed(code)


def _ask_once_more(error: ApiError, tries: int) -> Wait | RunFailed:
    if tries < ODD_TRIES:
        return Wait(ODD[error.service], timezone.now() + timedelta(seconds=_backoff(tries)), tries)
    return RunFailed(problem_code(error))


def wait_for_database(error: OperationalError, tries: int) -> Wait:
    """What to do when the database refused the `tries`-th step in a row; room is waited for however often it lacks."""
    pause = timezone.now() + timedelta(seconds=min(_backoff(tries), PAUSE_SECONDS))
    if isinstance(error.__cause__, DiskFull):
        return Wait("database_full", pause, max(tries - 1, 0))
    return Wait("database_trouble", pause, tries)


def answer_text(error: ApiError) -> str:
    """What a provider answered, for people: its message; of an answer that has none, a page of HTML, the status."""
    status = f"{error.service.capitalize()} {error.code}"
    has_message = error.detail and not _HTTP_STATUS.fullmatch(error.code)
    return f"{status}: {error.detail}" if has_message else status


def _backoff(tries: int) -> float:
    # Jitter keeps the extracts of a run from coming back all at once.
    return min(2.0**tries, LONGEST_BACKOFF_SECONDS) * random.uniform(0.5, 1)  # noqa: S311
