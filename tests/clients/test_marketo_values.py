"""What is made of the values of an answer, whatever their type."""

import math
from datetime import UTC, datetime

import pytest

from clients.values import as_text, count, flag, moment, objects, whole_number, whole_numbers

ODD = [None, "", "x", [], [5], {}, {"id": 5}]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (0, 0),
        ("5", 5),
        (" 5 ", 5),
        ("005", 5),
        (5.0, 5),
        (10**18 - 1, 10**18 - 1),
        (10**18, None),
        ("9" * 5000, None),
        (-5, None),
        ("-5", None),
        (5.5, None),
        ("5.0", None),
        ("٥", None),
        ("5,6", None),
        (math.nan, None),
        (math.inf, None),
        (True, None),
        *((value, None) for value in ODD),
    ],
)
def test_whole_number(value: object, number: int | None) -> None:
    assert whole_number(value) == number


@pytest.mark.parametrize(("value", "number"), [("0", 0), (2**31 - 1, 2**31 - 1), (2**31, None), (-1, None), ([], None)])
def test_a_count_fits_its_column(value: object, number: int | None) -> None:
    assert count(value) == number


@pytest.mark.parametrize(
    ("value", "numbers", "is_whole"),
    [
        ([887], {887}, True),
        ([5, 6], {5, 6}, True),
        (["5", " 6"], {5, 6}, True),
        (5, {5}, True),
        ("5", {5}, True),
        ("5,6", {5, 6}, True),
        (" 5 , 6 ", {5, 6}, True),
        ("[5,6]", {5, 6}, True),
        ("[ 5, 6 ]", {5, 6}, True),
        ('["5", "6"]', {5, 6}, True),
        ([5, None, "six", 7.0, [8], {"id": 9}], {5, 7}, False),
        ("5,,6", {5, 6}, False),
        ("5;6", set(), False),
        (True, set(), False),
        ("[]", set(), False),
        *((value, set(), False) for value in ODD if value != [5]),
    ],
)
def test_whole_numbers(value: object, numbers: set[int], is_whole: bool) -> None:
    assert whole_numbers(value) == (numbers, is_whole)


@pytest.mark.parametrize(
    ("value", "found", "warnings"),
    [
        ([{"id": 5}, {}], [{"id": 5}, {}], 0),
        ([], [], 0),
        (None, [], 0),
        ([{"id": 5}, None, "x", [5]], [{"id": 5}], 3),
        ({"id": 5}, [], 1),
        ("x", [], 1),
        (0, [], 1),
    ],
)
def test_objects(value: object, found: list[object], warnings: int, caplog: pytest.LogCaptureFixture) -> None:
    assert objects("records", value) == found
    assert caplog.text.count("value_unreadable") == warnings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        (1, True),
        ("0", False),
        ("yes", None),
        (2, None),
        *((value, None) for value in ODD),
    ],
)
def test_flag(value: object, expected: bool | None) -> None:
    assert flag(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ("", ""),
        ("5", "5"),
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (True, "true"),
        (None, None),
        ([], None),
        (["a"], None),
        ({"a": 1}, None),
    ],
)
def test_as_text(value: object, expected: str | None) -> None:
    assert as_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2014-11-13T15:21:36Z+0000", datetime(2014, 11, 13, 15, 21, 36, tzinfo=UTC)),
        ("2014-11-13T15:21:36Z", datetime(2014, 11, 13, 15, 21, 36, tzinfo=UTC)),
        ("2014-11-13T15:21:36", datetime(2014, 11, 13, 15, 21, 36, tzinfo=UTC)),
        ("2014-11-13 15:21:36", datetime(2014, 11, 13, 15, 21, 36, tzinfo=UTC)),
        ("2014-11-13T15:21:36.250+0000", datetime(2014, 11, 13, 15, 21, 36, 250_000, tzinfo=UTC)),
        ("2014-11-13T15:21:36-0600", datetime(2014, 11, 13, 21, 21, 36, tzinfo=UTC)),
        ("2014-11-13T15:21:36+02:00", datetime(2014, 11, 13, 13, 21, 36, tzinfo=UTC)),
        (" 2014-11-13 ", datetime(2014, 11, 13, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("2014-13-13T15:21:36Z", None),
        ("last Thursday", None),
        (1_415_892_096, None),
        *((value, None) for value in ODD),
    ],
)
def test_moment(value: object, expected: datetime | None) -> None:
    found = moment(value)
    assert found == expected
    assert found is None or found.tzinfo is UTC
