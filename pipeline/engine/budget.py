"""How much of Marketo's allowance this console takes: one budget for each instance, shared by all workers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import redis
from django.utils import timezone

from clients.http import RateLimited
from clients.marketo.errors import next_quota_reset
from clients.marketo.types import CENTRAL
from common.redis_client import redis_client
from connections.marketo_share import MarketoShare
from sync.engine.problems import QUOTA_MARGIN, MustWait, Wait

# What Adobe asks of tools that share an instance: half of what it takes, 100 calls in 20 seconds, ten at a time.
CALLS_IN_WINDOW = 50
CALLS_AT_A_TIME = 5
# There is nobody to share with while nobody else calls. A few calls that are not counted here are this console's own.
CALLS_IN_WINDOW_ALONE = 80
CALLS_OF_NOBODY = 20
ALONE_SECONDS = 10 * 60
LEARN_SECONDS = 60 * 60
# The last tenth of a day's calls is left to the other tools, whoever has used the rest.
USED_BY_ALL = 0.9
# So many calls a step may make after it has got its place.
CALLS_OF_A_STEP = 20
# A worker that dies in the middle of a call holds its place so long; longer than any download.
LONGEST_CALL = timedelta(minutes=10)
DAY_KEPT = timedelta(days=2)
# After so many in a row that took longer, exports are no longer looked at early that day.
SLOW_EXPORTS = 4

# The clock is Redis's, the one that all workers share. Answers how many milliseconds to wait, 0 when the call may go,
# -1 when none may today.
TAKE = """
if tonumber(redis.call('GET', KEYS[4]) or 0) >= tonumber(ARGV[6]) then return -1 end
if tonumber(redis.call('GET', KEYS[5]) or 0) >= tonumber(ARGV[7]) then return -1 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 20000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return 2000 end
local allowed = ARGV[2]
if redis.call('EXISTS', KEYS[3]) == 1 then allowed = ARGV[5] end
if redis.call('ZCARD', KEYS[1]) >= tonumber(allowed) then
    return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + 20001 - now
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], 20000)
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 0
"""


@dataclass(frozen=True)
class Spent:
    """What is known to be used of the day's allowances: calls by everybody and by us, bytes of our exports."""

    calls: int
    own_calls: int
    export_bytes: int


class MarketoBudget:
    """The budget of the Marketo instance at `endpoint`, of which this console has a share."""

    def __init__(self, endpoint: str, share: MarketoShare | None = None) -> None:
        self.share = share or MarketoShare()
        self._name = f"marketo-budget:{endpoint}"
        # Set while no other tool has called since the last look.
        self._alone = f"{self._name}:alone"

    @contextmanager
    def call(self) -> Iterator[None]:
        """Room for the calls of one step; raises MustWait while there is none."""
        ticket = uuid4().hex
        lease = int(LONGEST_CALL.total_seconds() * 1000)
        keys = [f"{self._name}:window", f"{self._name}:open", self._alone, self._key("own"), self._key("calls")]
        limits = [CALLS_IN_WINDOW, CALLS_AT_A_TIME, lease, CALLS_IN_WINDOW_ALONE, *self._daily_limits()]
        wait = int(redis_client().eval(TAKE, len(keys), *keys, ticket, *limits))
        if wait < 0:
            raise MustWait(Wait("marketo_daily_share", next_quota_reset() + QUOTA_MARGIN))
        if wait:
            raise MustWait(Wait("marketo_share", timezone.now() + timedelta(milliseconds=wait)))
        try:
            yield
        except RateLimited:
            redis_client().delete(self._alone)
            raise
        finally:
            # A Redis that is away just now must not spoil the call that was made: the ticket runs out by itself.
            with suppress(redis.RedisError):
                redis_client().zrem(keys[1], ticket)

    def _daily_limits(self) -> tuple[int, int]:
        """After how many calls of this console, and of everybody, no step may begin."""
        return self.share.own_calls - CALLS_OF_A_STEP, round(self.share.calls * USED_BY_ALL)

    def count_call(self) -> None:
        """A call was made: one of this console, and of everybody."""
        self._add("own", 1)
        self._add("calls", 1)

    def check_export(self, expected_bytes: int, under_way_bytes: int = 0) -> None:
        """
        Raises MustWait when one more export, of this size, would go beyond this console's share of the day, together
        with those that are not finished yet. The day's first export may always be made.
        """
        spent = self.spent().export_bytes + under_way_bytes
        if spent and spent + expected_bytes > self.share.own_export_bytes:
            raise MustWait(Wait("marketo_export_share", next_quota_reset() + QUOTA_MARGIN))

    def add_export(self, size: int) -> None:
        """An export of `size` bytes was made."""
        self._add("export", size)

    def learn_calls(self, calls: int) -> None:
        """Marketo has counted so many calls of everybody today; 0 only says that it has not counted yet."""
        if not calls:
            return
        if calls - self.spent().calls <= CALLS_OF_NOBODY:
            redis_client().set(self._alone, 1, ex=ALONE_SECONDS)
        else:
            redis_client().delete(self._alone)
        redis_client().set(self._key("calls"), calls, ex=DAY_KEPT)

    def early_looks_pay(self) -> bool:
        """May an export end before Marketo renews its status? Yes, until some in a row took longer today."""
        return int(redis_client().get(self._key("slow")) or 0) < SLOW_EXPORTS

    def learn_early_look(self, *, pays: bool) -> None:
        if pays:
            redis_client().delete(self._key("slow"))
        else:
            with redis_client().pipeline() as pipeline:
                pipeline.incr(self._key("slow"))
                pipeline.expire(self._key("slow"), DAY_KEPT)
                pipeline.execute()

    def is_due_to_learn(self) -> bool:
        """Is it an hour since somebody was told to ask Marketo? Whoever is told so asks."""
        now, asked_at = timezone.now().timestamp(), redis_client().get(f"{self._name}:asked")
        if asked_at and now - float(asked_at) < LEARN_SECONDS:
            return False
        redis_client().set(f"{self._name}:asked", now, ex=DAY_KEPT)
        return True

    def spent(self) -> Spent:
        return spent_of([self])[0]

    def keys_of_spent(self) -> list[str]:
        """Under which Redis has the numbers of `Spent`."""
        return [self._key("calls"), self._key("own"), self._key("export")]

    def _add(self, what: str, amount: int) -> None:
        with redis_client().pipeline() as pipeline:
            pipeline.incrby(self._key(what), amount)
            pipeline.expire(self._key(what), DAY_KEPT)
            pipeline.execute()

    def _key(self, what: str) -> str:
        return f"{self._name}:{what}:{datetime.now(CENTRAL).date()}"


def spent_of(budgets: Sequence[MarketoBudget]) -> list[Spent]:
    """What is used of each of them, asked for at once."""
    keys = [key for budget in budgets for key in budget.keys_of_spent()]
    numbers = iter([int(number or 0) for number in redis_client().mget(keys)] if keys else [])
    return [Spent(calls, own, size) for calls, own, size in zip(numbers, numbers, numbers, strict=True)]
