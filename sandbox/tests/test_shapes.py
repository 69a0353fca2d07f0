"""The sandbox's answers beside field tables of the vendors' published API descriptions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import marketo
from sandbox.marketo.instance import Instance
from sandbox.settings import Settings
from sandbox.testing import SandboxProcess
from sandbox.tests import shape_marketo, shape_salesforce
from sandbox.tests.conftest import CLIENTS
from sandbox.tests.shape_tables import ANY, FOLDER, NEVER, Kind, Tables, read_kind, read_tables
from sandbox.world import World

TABLES = {vendor: read_tables(vendor) for vendor in ("marketo", "salesforce")}
FAMILIES = [(vendor, family) for vendor, tables in TABLES.items() for family in tables.families]
# Paths without a table: files, and answers without a body; the unknown paths below each root.
UNDESCRIBED = {
    *(f"/bulk/v1/{kind}/export/{{}}/file.json" for kind in ("leads", "activities", "program/members")),
    "/bulk/v1/customobjects/{}/export/{}/file.json",
    "/userservice/management/v1/users/{}/delete.json",
    "/userservice/management/v1/users/{}/invite/delete.json",
    "/rest{}",
    "/bulk{}",
}
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """What a sandbox with its defaults, the untidy company, answers to all calls of the tables, by vendor."""
    config = tmp_path_factory.mktemp("shapes") / "sandbox.toml"
    config.write_text(CLIENTS)
    with SandboxProcess.start(people=3_000, config=config) as sandbox:
        sandbox.post("/_sandbox/switches", {"rate_limit": 100_000, "export_seconds": 0, "bulk_seconds": 0})
        yield {"marketo": shape_marketo.answers(sandbox), "salesforce": shape_salesforce.answers(sandbox)}


def problems(tables: Tables, answers: dict[str, Any], family: str) -> list[tuple[str, str, str]]:
    """Call, field and what is wrong, each once."""
    found = {
        (call, deviation.spot, deviation.problem)
        for call, described in tables.families[family].items()
        for deviation in tables.deviations(described, answers[call])
    }
    return sorted(found)


@pytest.mark.servers
@pytest.mark.parametrize(("vendor", "family"), FAMILIES)
def test_answers_are_as_described(answers: Answers, vendor: str, family: str) -> None:
    assert problems(TABLES[vendor].with_ours(), answers[vendor], family) == []


@pytest.mark.servers
@pytest.mark.parametrize("vendor", TABLES)
def test_every_departure_from_a_description_is_needed(answers: Answers, vendor: str) -> None:
    tables = TABLES[vendor]
    departed = {spot for family in tables.families for _, spot, _ in problems(tables, answers[vendor], family)}
    assert departed == set(tables.ours)
    assert all(entry["because"] for entry in tables.ours.values())


@pytest.mark.servers
@pytest.mark.parametrize(("vendor", "family"), FAMILIES)
def test_a_table_with_a_wrong_kind_does_not_fit(answers: Answers, vendor: str, family: str) -> None:
    """Whatever field of an answer a table describes: it is looked at, and another kind would be noticed."""
    tables = TABLES[vendor].with_ours()
    for call, described in tables.families[family].items():
        answer = shortened(answers[vendor][call])
        for spot, kind in seen(tables, described, answer):
            wrong = tables.with_kind(spot, read_kind("text" if kind.name in {"integer", "number"} else "integer"))
            assert any(item.spot == spot for item in wrong.deviations(described, answer)), (call, spot)


def shortened(value: Any) -> Any:
    """An answer with two items of every list."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value[:2]] if isinstance(value, list) else value


def seen(tables: Tables, described: str, answer: Any) -> list[tuple[str, Kind]]:
    """The described fields that an answer has: those that it must not have if they are never to be there."""
    spots = [(f"{shape}.{field}", kind) for shape, fields in tables.shapes.items() for field, kind in fields.items()]
    absent = Kind(NEVER, is_optional=True)
    return [
        (spot, kind)
        for spot, kind in spots
        if kind.name != ANY
        and any(item.spot == spot for item in tables.with_kind(spot, absent).deviations(described, answer))
    ]


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("text", 1, "is 1, not text "),
        ("integer", "1", "is '1', not integer "),
        ("integer", True, "is True, not integer "),
        ("integer", 1.5, "is 1.5, not integer "),
        ("boolean", 0, "is 0, not boolean "),
        ("text", None, "is null"),
        ("day", "1 June", "is '1 June', not day "),
        ("text (a, b)", "c", "is 'c', not text ('a', 'b')"),
        ("list of text", "a", "is 'a', not a list"),
        ("list of text", ["a", 1], "is 1, not text "),
        ("map of text", {"a": None}, "is null"),
        ("Inner", [], "is [], not Inner"),
    ],
)
def test_a_wrong_value_is_noticed(kind: str, value: Any, problem: str) -> None:
    tables = Tables({"Outer": {"field": read_kind(kind)}, "Inner": {}}, {"day": r"\d+-\d+"}, {}, {})
    assert list(tables.deviations("Outer", {"field": value})) == [("Outer.field", problem)]


def test_missing_and_further_fields_are_noticed() -> None:
    shape = {"id": read_kind("integer"), "name": read_kind("text, optional"), "end": read_kind("text or null")}
    tables = Tables({"Outer": shape, "Open": {"...": read_kind("any")}}, {}, {}, {})
    assert list(tables.deviations("list of Outer", [{"id": 1, "end": None}])) == []
    found = list(tables.deviations("Outer", {"end": "x", "more": 1}))
    assert found == [("Outer.id", "is missing"), ("Outer.more", "is not described")]
    assert list(tables.deviations("Open", {"more": 1})) == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_table_names_its_source(path: Path) -> None:
    source = yaml.safe_load(path.read_text())["source"]
    assert source["address"].startswith("https://")
    assert "github.com" not in source["address"] or source["commit"] in source["address"]


def test_every_path_of_marketo_has_a_table() -> None:
    instance = Instance(World(Settings(people=10)))
    routes = marketo.routes(instance)
    instance.exports._folder.cleanup()
    calls = [call for family in TABLES["marketo"].families.values() for call in family]
    assert {path_of(route.path) for route in routes} == {path_of(call.split()[1]) for call in calls} | UNDESCRIBED


def path_of(path: str) -> str:
    """A path with its parameters, and the one custom object of the sandbox, left blank."""
    return re.sub(r"/?\{[^}]*:path\}|\{[^}]*\}|purchase_c", "{}", path)
