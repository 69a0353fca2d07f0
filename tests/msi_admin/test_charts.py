"""Charts: their geometry, and what those get who cannot see them."""

import re

import pytest
from django.template import Context, Template

from msi_admin.templatetags.charts import line_of, nice_ceiling


@pytest.mark.parametrize(
    ("value", "ceiling"), [(0, 1), (1, 1), (1.1, 2), (3, 5), (7, 10), (0.3, 0.5), (19_200, 20_000), (24_001, 50_000)]
)
def test_a_scale_ends_at_a_round_number(value: float, ceiling: float) -> None:
    assert nice_ceiling(value) == ceiling


def test_a_line_goes_from_edge_to_edge() -> None:
    assert line_of([0, 5, 10], 10, 20) == "0.00,20.00 50.00,10.00 100.00,0.00"
    assert line_of([5], 10, 20) == "0.00,10.00"
    assert line_of([], 10, 20) == ""


def drawn(text: str, **context: object) -> str:
    return Template("{% load charts %}" + text).render(Context(context))


@pytest.mark.parametrize("tag", ["area_chart", "bar_chart"])
def test_a_chart_has_a_sentence_and_its_numbers(tag: str) -> None:
    page = drawn(f"{{% {tag} 'Calls' points 'Between 3 and 4 calls.' %}}", points=[("Mon", 3), ("Tue", 4.5)])
    assert 'aria-label="Between 3 and 4 calls."' in page
    assert '<th scope="row">Tue</th><td class="num">4.5</td>' in page
    assert "style=" not in page


@pytest.mark.parametrize("tag", ["area_chart", "bar_chart"])
def test_a_chart_of_nothing_is_drawn(tag: str) -> None:
    assert "<figure" in drawn(f"{{% {tag} 'Calls' points 'Nothing yet.' %}}", points=[])


@pytest.mark.parametrize("days", [1, 2, 3, 30])
def test_no_day_is_named_twice_under_a_chart(days: int) -> None:
    page = drawn("{% bar_chart 'Calls' points '' %}", points=[(f"day {number}", 1) for number in range(days)])
    named = re.findall(r"<text [^>]*>(day \d+)</text>", page)
    assert named[-1] == f"day {days - 1}"
    assert len(named) == len(set(named)) == min(days, 3)


@pytest.mark.parametrize(
    ("values", "scale"),
    [([0, 1], ["0", "1"]), ([3, 4], ["0", "5"]), ([0, 9], ["0", "5", "10"]), ([0.4], ["0", "0.2", "0.5"])],
)
def test_what_is_counted_is_not_halved_on_a_scale(values: list[float], scale: list[str]) -> None:
    page = drawn("{% area_chart 'Runs' points '' %}", points=[(str(value), value) for value in values])
    assert re.findall(r'text-anchor="end">([\d.]+)</text>', page)[: len(scale)] == scale


def test_a_single_bar_is_no_wall_and_nothing_is_still_a_number() -> None:
    page = drawn("{% bar_chart 'Calls' points '' now %}", points=[("Mon", 3)], now=0)
    assert '<rect class="p-bar" x="45.00"' in page
    assert 'class="chart__now">0<' in page


def test_a_bar_shows_its_parts_side_by_side_and_never_more_than_all() -> None:
    page = drawn("{% bar 'Seats' 100 'bar' 38 'soft' 4 %}")
    assert 'class="p-bar" x="0.00%" width="38.00%"' in page
    assert 'class="p-soft" x="38.00%" width="4.00%"' in page
    assert 'width="100.00%"' in drawn("{% bar '' 10 'bar' 25 %}")
    assert "<rect" not in drawn("{% bar '' 0 'bar' 0 %}")


def test_coordinates_are_numbers_in_every_language(settings: object) -> None:
    """A decimal comma would end a coordinate."""
    from django.utils.translation import override

    with override("sv"):
        page = drawn("{% spark values 'Falls' %}", values=[1, 2.5, 2])
    assert 'points="0.00,19.20 50.00,12.00 100.00,14.40"' in page
