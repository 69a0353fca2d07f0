"""Marketo's contracts and its clock: what is spent or kept for a day, a week, or over a restart."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import people_changes, state_file
from sandbox.marketo.envelope import MarketoError
from sandbox.marketo.exports import Export, Exports
from sandbox.marketo.limits import Limits, central_day
from sandbox.marketo.lists import Lists
from sandbox.settings import Settings
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import EXPORTS, Marketo
from sandbox.whole import Sandbox
from sandbox.world import World

DAY = 86_400
FEEDS = "/rest/v1/activities"
USER = "api@acme.example"
MIDNIGHTS = [
    # Clocks went forward on 8 March and back on 1 November; these days have 23 and 25 hours.
    "2026-03-08T06:00:00",
    "2026-03-09T05:00:00",
    "2026-11-01T05:00:00",
    "2026-11-02T06:00:00",
]
"""When days began in Chicago, in UTC."""


@pytest.fixture
def world() -> World:
    return World(Settings(people=100))


def use_calls(world: World, count: int) -> Limits:
    """Limits of an instance that was called so often today."""
    limits = Limits(world)
    today = central_day(world.clock.timestamp()).isoformat()
    limits.load({"calls": [(today, USER, count)], "errors": []})
    return limits


@pytest.fixture
def exports(world: World) -> Iterator[Exports]:
    exports = Exports(world, Lists(world))
    yield exports
    exports._folder.cleanup()


def use_bytes(exports: Exports, size: int) -> None:
    """Let an export of this size end just now."""
    now = exports.world.clock.timestamp()
    job = Export("leads", USER, [], [], "CSV", {}, now, status="Completed", finished=now, size=size)
    exports.load([job.dump()])


def new_export(world: World) -> Export:
    return Export("leads", USER, [], [], "CSV", {}, world.clock.timestamp())


def may_call(limits: Limits) -> bool:
    try:
        with limits.admit(USER):
            return True
    except MarketoError as error:
        return error.code != "607"


def may_export(exports: Exports) -> bool:
    try:
        exports.add(new_export(exports.world))
    except MarketoError as error:
        return error.code != "1029"
    return True


def test_a_contract_of_10_000_calls(world: World) -> None:
    world.switches.set({"daily_calls": 10_000})
    limits = use_calls(world, 9_999)
    assert [may_call(limits), may_call(limits)] == [True, False]


def test_a_contract_of_200_megabytes(world: World, exports: Exports) -> None:
    world.switches.set({"export_megabytes": 200})
    use_bytes(exports, 199_999_999)
    assert may_export(exports)
    use_bytes(exports, 1)
    with pytest.raises(MarketoError, match="Export daily quota 200MB exceeded"):
        exports.add(new_export(world))


@pytest.mark.parametrize("midnight", MIDNIGHTS)
def test_quotas_turn_over_at_midnight_in_chicago(world: World, exports: Exports, midnight: str) -> None:
    moment = datetime.fromisoformat(midnight).replace(tzinfo=UTC)
    world.clock.set(moment - timedelta(minutes=59))
    world.switches.set({"daily_calls": 10, "export_megabytes": 1})
    limits = use_calls(world, 10)
    use_bytes(exports, 1_000_000)
    assert (may_call(limits), may_export(exports)) == (False, False)
    world.clock.set(moment - timedelta(seconds=2))
    assert (may_call(limits), may_export(exports)) == (False, False)
    world.clock.set(moment)
    assert (may_call(limits), may_export(exports)) == (True, True)


def test_access_tokens_end_with_the_clock(sandbox: SandboxProcess, marketo: Marketo) -> None:
    path = "/rest/v1/leads/describe.json"
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_590})
    assert marketo.get(path)["success"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": DAY})
    assert [marketo.error(path), marketo.error(path)] == ["602", "601"]
    again = Marketo(sandbox.url)
    assert again.token != marketo.token
    assert again.get(path)["success"]


def test_an_export_file_is_kept_for_seven_days(sandbox: SandboxProcess, marketo: Marketo) -> None:
    job = marketo.export()["exportId"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 7 * DAY - 60})
    assert Marketo(sandbox.url).file(job).status_code == 200
    sandbox.post("/_sandbox/clock", {"advance_seconds": 120})
    later = Marketo(sandbox.url)
    gone = later.file(job)
    assert (gone.status_code, gone.headers["Content-Type"].split(";")[0]) == (404, "text/plain")
    assert later.result(f"{EXPORTS}/{job}/status.json")[0]["status"] == "Completed"


def test_paging_tokens_have_no_documented_age(sandbox: SandboxProcess, marketo: Marketo) -> None:
    now = sandbox.get("/_sandbox/state")["now"]
    token = marketo.get(f"{FEEDS}/pagingtoken.json", sinceDatetime=now)["nextPageToken"]
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/clock", {"advance_seconds": 400 * DAY})
    page = Marketo(sandbox.url).result(f"{FEEDS}/leadchanges.json", nextPageToken=token, fields="title")
    assert [item["leadId"] for item in page] == [1]


def test_switches_and_numbers_of_activities_survive_a_restart(tmp_path: Path) -> None:
    settings, path = Settings(people=100, seed=7, epoch=date(2026, 6, 1)), tmp_path / "state.json"
    before = Sandbox(World(settings))
    values = {
        "api_partitions": "EU",
        "folder_workspaces": "Asia",
        "linkedin_field": "",
        "first_ids_gone": 30,
        "salesforce_id_length": 15,
    }
    before.world.switches.set(values)
    people_changes.apply(before.world, {"action": "create", "count": 2})
    kept = json.loads(state_file.dump(before))
    # As version 1.0.0 numbered them.
    for number, change in enumerate(kept["changes"], start=1):
        change["number"] = number
    path.write_text(json.dumps(kept))
    after = Sandbox(World(settings))
    state_file.load(after, path)
    assert {name: getattr(after.world.switches, name) for name in values} == values
    assert [change.number for change in after.world.changes] == [101, 102]
    assert after.world.counts() == before.world.counts()
    for made in (before, after):
        made.marketo.exports._folder.cleanup()
