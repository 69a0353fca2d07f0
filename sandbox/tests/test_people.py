"""Seeded people and their Salesforce rows."""

from collections import Counter
from datetime import date

import pytest

from sandbox.people import DAY, ELIGIBILITY, PersonGenerator
from sandbox.record_ids import checksum, make_id, read_id
from sandbox.settings import Settings
from sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World(Settings(people=1_000, seed=7, epoch=date(2026, 6, 1)))


def test_id_checksums_are_salesforces() -> None:
    # Ids of recorded answers.
    for known in ("0014S000007NeM3QAK", "0014S000007NxlpQAC", "0034S000005YJVlQAO"):
        assert checksum(known[:15]) == known[15:]
    for number in (0, 61, 62, 3_844, 1_500_000, 62**5 - 1):
        record_id = make_id("Lead", number)
        assert read_id("Lead", record_id) == read_id("Lead", record_id[:15]) == number
    assert read_id("Contact", make_id("Lead", 5)) is None
    assert read_id("Lead", make_id("Lead", 5)[:17] + "9") is None


def test_every_kind_has_its_share(world: World) -> None:
    reasons = Counter(ELIGIBILITY[person.kind] for person in world.people())
    assert reasons == world.counts()["expected"]
    assert reasons["synced"] == 790
    assert reasons["not_in_salesforce"] == 130


def test_rows_can_be_fetched_by_either_id_form(world: World) -> None:
    for sobject in ("Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "User", "Group"):
        rows = list(world.salesforce_rows(sobject))
        assert len({row["Id"] for row in rows}) == len(rows)
        assert rows == sorted(rows, key=lambda row: row["Id"])
        row = rows[len(rows) // 2]
        assert row == world.salesforce_row(sobject, row["Id"]) == world.salesforce_row(sobject, row["Id"][:15])
        assert world.salesforce_row(sobject, "x" * 18) is None


def test_rows_refer_to_rows_that_exist(world: World) -> None:
    for contact in world.salesforce_rows("Contact"):
        account = world.salesforce_row("Account", contact["AccountId"])
        assert account is not None
        assert world.salesforce_row("User", contact["OwnerId"])
    for role in world.salesforce_rows("OpportunityContactRole"):
        assert world.salesforce_row("Opportunity", role["OpportunityId"])
        assert world.salesforce_row("Contact", role["ContactId"])
    converted = [lead for lead in world.salesforce_rows("Lead") if lead["IsConverted"]]
    assert converted
    assert all(world.salesforce_row("Contact", lead["ConvertedContactId"]) for lead in converted)


def test_counts_are_those_of_the_visible_rows(world: World) -> None:
    counts = world.counts()["salesforce"]
    for sobject, count in counts.items():
        assert sum(not row.get("IsDeleted") for row in world.salesforce_rows(sobject)) == count


def test_a_large_world_starts_at_once_and_knows_its_last_person() -> None:
    world = World(Settings(people=1_500_000))
    last = world.person(1_500_000)
    assert last is not None
    assert last.created < world.generator.end
    assert world.person(1_500_001) is None


@pytest.mark.parametrize("people", [1, 2, 3, 100, 1_000])
def test_who_changed_when_is_found_without_a_search(people: int) -> None:
    generator = PersonGenerator(Settings(people=people, seed=7))
    everyone = [generator.person(number) for number in range(1, people + 1)]
    assert all(person.created <= person.updated < generator.end for person in everyone)
    for first_day, last_day in ((0, 0), (1, 0), (10, 5), (200, 199), (299, 290), (301, 0)):
        start, end = generator.end - first_day * DAY, generator.end - last_day * DAY
        touched = [
            person.marketo_id for person in everyone if start <= person.created <= end or start <= person.updated <= end
        ]
        assert set(touched) <= set(generator.touched_between(start, end))


def test_few_people_are_looked_at_for_the_last_day() -> None:
    generator = PersonGenerator(Settings(people=1_500_000))
    assert 5_000 <= len(generator.touched_between(generator.end - DAY, generator.end)) <= 10_000
