# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""Queries that must not look at every seeded person, in a world of the size the product allows."""

from collections import Counter
from datetime import date

import pytest

from sandbox import people_changes
from sandbox.people import Person
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan
from sandbox.settings import Settings
from sandbox.world import World

WATERMARK = "2026-06-02T00:00:00Z"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A large world with ten new leads, in which no seeded person can be looked at any more."""
    world = World(Settings(people=1_500_000, epoch=date(2026, 6, 1)))
    people_changes.apply(world, {"action": "create", "count": 10})

    def refuse(marketo_id: int) -> Person:
        raise AssertionError(f"Person {marketo_id} was looked at.")

    monkeypatch.setattr(world.generator, "person", refuse)
    return world


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"SystemModstamp > {WATERMARK}", 10),
        (f"CreatedDate >= {WATERMARK} AND IsConverted = false", 10),
        (f"IsConverted = true AND LastModifiedDate > {WATERMARK}", 0),
        ("SystemModstamp = TODAY", 10),
    ],
)
def test_what_changed_lately_costs_by_the_changes(world: World, condition: str, expected: int) -> None:
    org = Org(world)
    assert Plan(org, f"SELECT COUNT() FROM Lead WHERE {condition}").count() == expected
    plan = Plan(org, f"SELECT Id FROM Lead WHERE {condition} ORDER BY SystemModstamp, Id")
    assert len(list(plan.matches())) == expected


def test_all_are_counted_without_being_looked_at(world: World) -> None:
    assert Plan(Org(world), "SELECT COUNT() FROM Lead").count() > 700_000


@pytest.mark.parametrize("sobject", ["Lead", "Contact", "OpportunityContactRole"])
@pytest.mark.parametrize(
    "condition",
    [
        "SystemModstamp >= 2026-05-31T12:00:00Z",
        "SystemModstamp > 2026-02-01T00:00:00Z AND SystemModstamp <= 2026-02-01T12:00:00Z",
        "CreatedDate >= 2026-01-01T00:00:00Z AND CreatedDate < 2026-01-03T00:00:00Z AND IsDeleted = false",
        "CreatedDate < 2026-01-03T00:00:00Z AND SystemModstamp > 2026-05-31T00:00:00Z",
    ],
)
def test_seeded_rows_of_a_short_time_are_found_by_their_ids(
    condition: str, sobject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Settings(people=20_000, epoch=date(2026, 6, 1)))
    soql = f"SELECT Id FROM {sobject} WHERE {condition}"
    # A condition that is one of two might hold at any time.
    slow = [
        row["Id"] for row in Plan(Org(world), f"SELECT Id FROM {sobject} WHERE ({condition}) OR Id = null").matches()
    ]
    derive, derived = world.generator.person, Counter[int]()

    def counted(marketo_id: int) -> Person:
        derived[marketo_id] += 1
        return derive(marketo_id)

    monkeypatch.setattr(world.generator, "person", counted)
    assert [row["Id"] for row in Plan(Org(world), soql).matches()] == slow
    assert slow
    assert len(derived) < 1_500


def test_roles_of_contacts_are_found_by_the_contacts(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(Settings(people=20_000, epoch=date(2026, 6, 1)))
    columns = "SELECT Id, ContactId FROM OpportunityContactRole"
    roles = list(Plan(Org(world), columns).matches())[:400]
    listed = ", ".join(f"'{role['ContactId']}'" for role in roles)
    derive, derived = world.generator.person, Counter[int]()

    def counted(marketo_id: int) -> Person:
        derived[marketo_id] += 1
        return derive(marketo_id)

    monkeypatch.setattr(world.generator, "person", counted)
    found = Plan(Org(world), f"{columns} WHERE IsDeleted = false AND ContactId IN ({listed})").matches()
    shown = [role["Id"] for role in roles if not role["IsDeleted"]]
    assert [role["Id"] for role in found][: len(shown)] == shown
    assert len(derived) < 1_000
