# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""Bulk results of everybody, which are made column by column, say what a query row by row says."""

import csv
from io import StringIO

import pytest

from sandbox import people_changes
from sandbox.people import Kind
from sandbox.salesforce import writes
from sandbox.salesforce.bulk_files import Rows
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan
from sandbox.salesforce_csv_columns import COLUMNS
from sandbox.settings import Settings
from sandbox.world import World

LIMIT = "LIMIT 100000"


@pytest.fixture
def world() -> World:
    return World(Settings(people=5_000, seed=7))


def texts(org: Org, sobject: str, *, include_deleted: bool) -> list[bytes]:
    """The rows of all columns, made quickly and, because of a limit that limits nothing, slowly."""
    soql = f"SELECT {', '.join(COLUMNS[sobject])} FROM {sobject} "
    plans = [Plan(org, soql + more, include_deleted=include_deleted) for more in ("", LIMIT)]
    found = []
    for plan in plans:
        blocks = list(Rows(plan, ";", "\r\n").blocks())
        assert all(sum(sizes) == len(text) for text, sizes in blocks)
        found.append(b"".join(text for text, _ in blocks))
    return found


@pytest.mark.parametrize("include_deleted", [True, False])
@pytest.mark.parametrize("sobject", ["Lead", "Contact"])
def test_both_ways_write_the_same(world: World, sobject: str, *, include_deleted: bool) -> None:
    org = Org(world)
    quick, slow = texts(org, sobject, include_deleted=include_deleted)
    assert quick == slow
    people_changes.apply(world, {"action": "create", "count": 3, "kind": "converted"})
    people_changes.apply(world, {"action": "change", "ids": [1, 4_000], "fields": {"title": 'A "quoted"; one'}})
    gone = [person.marketo_id for person in world.people(10, 60) if person.kind in {Kind.LEAD, Kind.CONTACT}]
    people_changes.apply(world, {"action": "delete", "ids": gone, "system": "salesforce"})
    known = org.known_sobject(sobject)
    made = writes.create(
        org,
        known,
        {"LastName": "Lind", "Company": "Birch"} if sobject == "Lead" else {"LastName": "L"},
        "admin@acme.example",
    )
    changed_quick, changed_slow = texts(org, sobject, include_deleted=include_deleted)
    assert changed_quick == changed_slow != quick
    assert made.encode() in changed_quick


def test_header_and_cells_read_back(world: World) -> None:
    rows = Rows(Plan(Org(world), "SELECT Id, Title, Owner.Name, IsConverted FROM Lead"), ",", "\n")
    text = rows.header + b"".join(text for text, _ in rows.blocks()).decode()
    found = list(csv.DictReader(StringIO(text, newline="")))
    assert list(found[0]) == ["Id", "Title", "Owner.Name", "IsConverted"]
    assert {'VP, Sales "EMEA"', "Head of Sales\nNordics", ""} <= {row["Title"] for row in found}
    assert {row["IsConverted"] for row in found} == {"true", "false"}
