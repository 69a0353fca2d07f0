"""
Seven simulated days on one allowance with three other tools: the console's schedule and budget as they are, and
Marketo's accounting as the sandbox keeps it. Only the calls themselves are left out, so that a week takes seconds.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from types import SimpleNamespace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine

from common.redis_client import redis_client
from connections.marketo_share import MarketoShare
from pipeline.engine import budget as budget_module
from pipeline.engine.budget import ALONE_SECONDS, MarketoBudget
from pipeline.engine.windows import affordable_windows
from sandbox.marketo.envelope import MarketoError
from sandbox.marketo.limits import Limits, central_day
from sync.engine.problems import MustWait
from sync.models import RunKind
from sync.policies import Schedule
from sync.schedule import TURN, Past, due_kind

pytestmark = pytest.mark.usefixtures("servers")

STOCKHOLM = ZoneInfo("Europe/Stockholm")
CALLS, EXPORT_BYTES = 1_000, 60_000_000
US = "console"
REAL_CLOCK = """local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)"""


@dataclass
class Week:
    """What happens in the order of time; `console` is counted by Marketo like any other tool."""

    now: datetime
    end: datetime
    travel: time_machine.Traveller
    events: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    exported: Counter[tuple[object, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        switches = SimpleNamespace(
            rate_limit=100, concurrency_limit=10, daily_calls=CALLS, count_refused=True, export_megabytes=60
        )
        clock = SimpleNamespace(timestamp=lambda: self.now.timestamp())  # noqa: PLW0108 (now moves)
        self.marketo = Limits(SimpleNamespace(clock=clock, switches=switches))  # type: ignore[arg-type]

    def at(self, moment: datetime, happens: Callable[[], object]) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), happens))

    def run(self) -> None:
        while self.events and self.events[0][0] < self.end:
            self.now, _, happens = heapq.heappop(self.events)
            self.travel.move_to(self.now, tick=False)
            redis_client().set("simulated-now", int(self.now.timestamp() * 1000))
            happens()

    def call(self, who: str) -> None:
        try:
            with self.marketo.admit(who):
                pass
        except MarketoError as error:
            self.refused[who, error.code] += 1

    def export(self, who: str, size: int) -> None:
        day = central_day(self.now.timestamp())
        if sum(spent for (of, _), spent in self.exported.items() if of == day) >= EXPORT_BYTES:
            self.refused[who, "1029"] += 1
        self.exported[day, who] += size

    def calls_of(self, who: str) -> dict[object, int]:
        days = {central_day((self.end - timedelta(hours=hours)).timestamp()) for hours in range(24 * 8)}
        return {day: self.marketo.calls_on(day).get(who, 0) for day in days}


class Console:
    """What a company with 300,000 people that change all the time asks of the real schedule and the real budget."""

    def __init__(self, week: Week, schedule: Schedule) -> None:
        self.week, self.schedule = week, schedule
        self.budget = MarketoBudget(f"https://{uuid4().hex}.example", MarketoShare(CALLS, EXPORT_BYTES))
        begun = week.now - timedelta(days=6, hours=12)
        self.past, self.full_runs, self.waits = Past("", begun, begun, begun), list[datetime](), Counter[str]()
        # The run that is on its way, by its number, and of which kind it is.
        self.number, self.running = 0, ""
        week.at(week.now, self.take_turn)

    def take_turn(self) -> None:
        self.week.at(self.week.now + TURN, self.take_turn)
        kind = due_kind(self.schedule, self.past, self.week.now)
        # A full run does not wait for one that follows changes.
        if kind is None or self.running in {kind, RunKind.FULL}:
            return
        self.number, self.running = self.number + 1, kind
        good_at = self.week.now if kind == RunKind.FULL else self.past.good_at
        full_at = self.week.now if kind == RunKind.FULL else self.past.full_at
        self.past = Past("", self.week.now, full_at, good_at)
        if kind == RunKind.FULL:
            self.full_runs.append(self.week.now)
        steps = self.full_steps() if kind == RunKind.FULL else [self.calls(1), self.calls(2), self.calls(5)]
        self.work(steps, self.number)

    def full_steps(self) -> list[Callable[[], None]]:
        """Two years of people, 72 MB: more than the share of a day, which is 30."""
        windows = affordable_windows(
            self.week.now - timedelta(days=730), self.week.now, [], self.budget.share.own_export_bytes
        )
        return [step for _window in windows for step in (self.export(3_000_000), *[self.calls(1)] * 9)]

    def work(self, steps: list[Callable[[], None]], number: int) -> None:
        """Take the next step of a run, at once or when the budget says."""
        if number != self.number:
            return
        if not steps:
            self.running = ""
            return
        try:
            steps[0]()
        except MustWait as pause:
            self.waits[pause.wait.reason] += 1
            self.week.at(max(pause.wait.until, self.week.now + timedelta(seconds=1)), lambda: self.work(steps, number))
        else:
            self.week.at(self.week.now + timedelta(milliseconds=200), lambda: self.work(steps[1:], number))

    def calls(self, number: int) -> Callable[[], None]:
        def step() -> None:
            with self.budget.call():
                for _ in range(number):
                    self.week.call(US)
                    self.budget.count_call()
                if self.budget.is_due_to_learn():
                    self.learn()

        return step

    def export(self, size: int) -> Callable[[], None]:
        def step() -> None:
            self.budget.check_export(size)
            self.week.export(US, size)
            self.budget.add_export(size)

        return step

    def learn(self) -> None:
        today = self.week.marketo.calls_on(central_day(self.week.now.timestamp()))
        self.budget.learn_calls(sum(today.values()))
        # Redis's own clock would let go of it; here an hour passes in a moment.
        self.week.at(
            self.week.now + timedelta(seconds=ALONE_SECONDS), lambda: redis_client().delete(self.budget._alone)
        )


def other_tool(week: Week, name: str, every: timedelta, burst: int, exported: int = 0) -> None:
    """Calls by its own clock, never more than half of what Marketo takes together with the others."""

    def act() -> None:
        week.at(week.now + every * dice.uniform(0.8, 1.2), act)
        for _ in range(burst):
            week.call(name)
        if exported:
            week.export(name, exported)

    dice = random.Random(name)
    week.at(week.now + every * dice.random(), act)


@pytest.fixture
def _simulated_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis's clock cannot be set: the script asks for ours."""
    assert REAL_CLOCK in budget_module.TAKE
    ours = budget_module.TAKE.replace(REAL_CLOCK, "local now = tonumber(redis.call('GET', 'simulated-now'))")
    monkeypatch.setattr(budget_module, "TAKE", ours)


@pytest.mark.parametrize(
    ("begins", "days"),
    [
        pytest.param("2027-03-13T12:00", 7, id="clocks go forward in Chicago"),
        # The night has no hour after two: everybody is read the next night.
        pytest.param("2027-03-27T12:00", 7, id="clocks go forward in Stockholm"),
        pytest.param("2026-10-24T12:00", 8, id="clocks go back in both"),
    ],
)
@pytest.mark.usefixtures("_simulated_clock")
def test_a_week_of_ours_costs_others_nothing(begins: str, days: int) -> None:
    start = datetime.fromisoformat(begins).replace(tzinfo=STOCKHOLM)
    schedule = Schedule(time_zone="Europe/Stockholm", full_from=time(2), full_until=time(3))
    with time_machine.travel(start, tick=False) as travel:
        week = Week(start, start + timedelta(days=days), travel)
        console = Console(week, schedule)
        other_tool(week, "website", timedelta(minutes=5), 1)
        other_tool(week, "events", timedelta(minutes=30), 3)
        other_tool(week, "warehouse", timedelta(hours=6), 20, exported=4_000_000)
        week.run()
    assert not [reason for reason in week.refused if reason[0] == US], week.refused
    share = console.budget.share
    for day, calls in week.calls_of(US).items():
        assert calls <= share.own_calls, day
    assert max(week.calls_of(US).values()) > share.own_calls // 2, "it wanted more than it got"
    assert all(size <= share.own_export_bytes for (_day, who), size in week.exported.items() if who == US)
    assert {"marketo_daily_share", "marketo_export_share"} <= set(console.waits)
    assert console.full_runs
    assert {begun.astimezone(STOCKHOLM).hour for begun in console.full_runs} == {2}
