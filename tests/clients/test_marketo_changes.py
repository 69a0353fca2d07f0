"""Whom a page of Marketo's changes names, however it is written."""

from typing import Any

import pytest

from clients.marketo.types import ChangesPage

WINNER = 864
MERGE = {"marketoGUID": "2126", "leadId": WINNER, "activityTypeId": 32}


def read(*activities: object, asked: str = "before", **answer: Any) -> ChangesPage:
    return ChangesPage.from_answer(
        {"result": list(activities), "nextPageToken": "after", "moreResult": False} | answer, asked
    )


def warnings(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.msg for record in caplog.records if isinstance(record.msg, dict)]


@pytest.mark.parametrize(
    ("value", "losers"),
    [
        ([887], {887}),
        ([5, "6"], {5, 6}),
        (5, {5}),
        ("5", {5}),
        ("5,6", {5, 6}),
        (" 5 , 6 ", {5, 6}),
        ("[5, 6]", {5, 6}),
    ],
)
def test_the_losers_of_a_merge_are_named(value: object, losers: set[int], caplog: pytest.LogCaptureFixture) -> None:
    page = read(MERGE | {"attributes": [{"name": "Merge IDs", "value": value}]})
    assert page.person_ids == {WINNER} | losers
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("value", "losers"),
    [
        ([5, None, "anna@acme.example"], {5}),
        ("5,anna@acme.example", {5}),
        ({"ids": [5]}, set()),
        ("anna@acme.example", set()),
        ("", set()),
        ([], set()),
        (None, set()),
        (True, set()),
    ],
)
def test_of_an_odd_merge_the_winner_is_kept_and_one_warning_given(
    value: object, losers: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    page = read(MERGE | {"attributes": [{"name": "Merge IDs", "value": value}]})
    assert page.person_ids == {WINNER} | losers
    (warning,) = warnings(caplog)
    assert (warning["event"], warning["what"], warning["activity"]) == ("value_unreadable", "Merge IDs", "2126")
    assert "acme.example" not in caplog.text


@pytest.mark.parametrize(
    ("activity", "people"),
    [
        ({"leadId": "7"}, {7}),
        ({"leadId": 7, "attributes": None}, {7}),
        ({"leadId": 7, "attributes": []}, {7}),
        ({"leadId": 7, "attributes": [{"name": "Source", "value": ["Merge IDs"]}]}, {7}),
        ({"leadId": 7, "attributes": [{"value": 5}]}, {7}),
    ],
)
def test_other_activities_name_one_person(
    activity: dict[str, Any], people: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    assert read(activity).person_ids == people
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "activity",
    [
        {},
        {"leadId": None},
        {"leadId": "anna@acme.example"},
        {"leadId": {"id": 7}},
        None,
        "anna@acme.example",
        [7],
    ],
)
def test_an_activity_without_a_person_is_left_out(activity: object, caplog: pytest.LogCaptureFixture) -> None:
    assert read(activity, {"leadId": 8}).person_ids == {8}
    assert len(warnings(caplog)) == 1
    assert "acme.example" not in caplog.text


@pytest.mark.parametrize("attributes", ["anna@acme.example", 5, {"Merge IDs": [5]}, [None], ["Merge IDs"]])
def test_attributes_of_another_shape_leave_the_person(attributes: object, caplog: pytest.LogCaptureFixture) -> None:
    assert read(MERGE | {"attributes": attributes}).person_ids == {WINNER}
    assert len(warnings(caplog)) == 1
    assert "acme.example" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"moreResult": True}, ("after", True)),
        ({"moreResult": "true"}, ("after", True)),
        ({"moreResult": "false"}, ("after", False)),
        ({"moreResult": None}, ("after", False)),
        ({"nextPageToken": None}, ("", False)),
        ({"result": None}, ("after", False)),
    ],
)
def test_where_the_next_page_begins(answer: dict[str, Any], expected: tuple[str, bool]) -> None:
    page = read(**answer)
    assert (page.next_token, page.has_more) == expected


def test_a_token_that_repeats_ends_the_reading(caplog: pytest.LogCaptureFixture) -> None:
    page = read(MERGE, asked="after", moreResult=True)
    assert (page.person_ids, page.next_token, page.has_more) == (frozenset({WINNER}), "after", False)
    (warning,) = warnings(caplog)
    assert warning["what"] == "nextPageToken"


@pytest.mark.parametrize(
    "answer", [{"moreResult": True, "nextPageToken": None}, {"result": {"leadId": 7}}, {"result": "7"}]
)
def test_what_hides_changes_is_no_page(answer: dict[str, Any]) -> None:
    """Taken for an empty page, it would lose changes without a word."""
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        read(**answer)
