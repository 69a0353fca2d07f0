"""Files that people download: each stands in the audit trail, and one of a kind is written for a person at a time."""

from collections.abc import Iterable
from contextlib import suppress

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from redis.exceptions import RedisError
from redis.lock import Lock

from accounts.models import SalesAccount, User
from accounts.services import record
from common.csv_export import CsvAnswer
from common.redis_client import redis_client

# A process that dies while it writes a file, or a browser that never reads it to its end, gives its turn back by then.
LONGEST_SECONDS = 120


class ExportAnswer(CsvAnswer):
    """A file whose turn is over when it was sent, or given up."""

    def __init__(self, turn: Lock, filename: str, rows: Iterable[Iterable[object]]) -> None:
        super().__init__(filename, rows)
        self._turn = turn

    def close(self) -> None:
        super().close()
        _give_back(self._turn)


def export(
    request: HttpRequest,
    filename: str,
    rows: Iterable[Iterable[object]],
    *,
    accounts: Iterable[SalesAccount],
    by: User,
    action: TextChoices,
) -> HttpResponseBase:
    """
    Answer a CSV file about accounts. Twenty at a time, by one person who lost patience or wished ill, kept everybody
    else waiting: the second one is put off while the first is being written.
    """
    turn = Lock(
        redis_client(), f"lock:export-{action}-{by.pk}", timeout=LONGEST_SECONDS, blocking=False, thread_local=False
    )
    if not turn.acquire():
        return _put_off(request)
    try:
        for account in accounts:
            record(account=account, actor=by, action=action, target=filename)
    except BaseException:
        _give_back(turn)
        raise
    return ExportAnswer(turn, filename, rows)


def _give_back(turn: Lock) -> None:
    # After too long it is somebody else's; without Redis it ends by itself.
    with suppress(RedisError):
        turn.release()


def _put_off(request: HttpRequest) -> HttpResponse:
    answer = render(request, "errors/429.html", status=429)
    answer["Retry-After"] = str(LONGEST_SECONDS)
    return answer
