"""
Charts as server-rendered SVG. Positions are attributes, which the content security policy lets pass; every chart has a
sentence, and its numbers in a table, for those who cannot see it.
"""

from collections.abc import Sequence
from math import floor, log10

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()
Points = Sequence[tuple[str, float]]

# Pixels: of the drawing, and of the line of labels above and under it.
HEIGHT, ABOVE, UNDER = 84, 14, 18
# Widths are shares of a hundred, whatever the window; a gap between bars takes this part of a bar's place, and more
# where there are few.
WIDTH, GAP, WIDEST = 100, 0.36, 10


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is not below `value`."""
    if value <= 0:
        return 1
    magnitude = 10 ** floor(log10(value))
    return float(next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= value))


def line_of(values: Sequence[float], top: float, height: float = HEIGHT) -> str:
    """The points of a polyline from the left edge to the right one."""
    step = WIDTH / max(1, len(values) - 1)
    return " ".join(f"{place * step:.2f},{height - height * value / top:.2f}" for place, value in enumerate(values))


@register.inclusion_tag("components/charts/_chart.html")
def area_chart(title: str, points: Points, sentence: str, now: str = "", headings: str = "") -> dict[str, object]:
    """A line over time; `points` are labels with numbers, `headings` those of the table, parted by "|"."""
    top = _top(points)
    return _frame(title, points, sentence, now, headings) | {"line": line_of([value for _label, value in points], top)}


@register.inclusion_tag("components/charts/_chart.html")
def bar_chart(title: str, points: Points, sentence: str, now: str = "", headings: str = "") -> dict[str, object]:
    """A bar for each point; arguments as for `area_chart`."""
    top, place = _top(points), WIDTH / max(1, len(points))
    width = min(place * (1 - GAP), WIDEST)
    bars = [
        (f"{number * place + (place - width) / 2:.2f}", f"{HEIGHT - size:.2f}", f"{width:.2f}", f"{size:.2f}")
        for number, (_label, value) in enumerate(points)
        for size in [HEIGHT * value / top]
    ]
    return _frame(title, points, sentence, now, headings) | {"bars": bars}


@register.simple_tag
def spark(values: Sequence[float], sentence: str) -> SafeString:
    """A line as small as a word."""
    line = line_of(values, nice_ceiling(max(values, default=0)), 24)
    return format_html(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 100 24" preserveAspectRatio="none">'
        '<polygon class="p-area" points="0,24 {} 100,24"/>'
        '<polyline class="p-line" vector-effect="non-scaling-stroke" points="{}"/></svg>',
        sentence,
        line,
        line,
    )


@register.simple_tag
def bar(sentence: str, total: float, *parts: object) -> SafeString:
    """
    One bar of a table: pairs of a kind ("bar", "bar2", "soft", "lost", "bad") and a number, side by side; "skip" leaves
    room. What is left of `total` stays empty.
    """
    total = max(float(total or 0), 1e-9)
    places, start = [], 0.0
    for kind, size in zip(parts[::2], parts[1::2], strict=True):
        width = min(100 - start, 100 * float(size or 0) / total)  # type: ignore[arg-type]
        if kind != "skip" and width > 0:
            places.append((kind, f"{start:.2f}", f"{max(width, 0.4):.2f}"))
        start += width
    drawn = format_html_join("", '<rect class="p-{}" x="{}%" width="{}%" y="2" height="10" rx="2"/>', places)
    meaning = format_html('role="img" aria-label="{}"', sentence) if sentence else SafeString('aria-hidden="true"')
    return format_html('<svg class="tl" height="14" {}>{}</svg>', meaning, drawn)


def _top(points: Points) -> float:
    return nice_ceiling(max((value for _label, value in points), default=0))


def _shares(points: Points, top: float) -> list[float]:
    """Where on its height a scale has lines: what is counted is not halved."""
    are_counts = all(float(value).is_integer() for _label, value in points)
    return [share for share in (0, 0.5, 1) if not are_counts or float(top * share).is_integer()]


def _frame(title: str, points: Points, sentence: str, now: str, headings: str) -> dict[str, object]:
    top = _top(points)
    when, _separator, what = headings.partition("|")
    return {
        "title": title,
        "points": points,
        "sentence": sentence,
        "now": now,
        "when": when or _("When"),
        "what": what or _("Number"),
        "height": HEIGHT + ABOVE + UNDER,
        "inner": HEIGHT,
        "above": ABOVE,
        "lines": [(f"{ABOVE + HEIGHT * (1 - share):.1f}", _short(top * share)) for share in _shares(points, top)],
        "label_y": HEIGHT + ABOVE + UNDER - 4,
        "labels": _labels(points),
    }


def _labels(points: Points) -> list[tuple[str, str, str]]:
    """The first, the middle and the last, each with its place and what of it stands there."""
    if not points:
        return []
    if len(points) == 1:
        return [("50%", "middle", points[0][0])]
    places = [(0, "0%", "start"), (len(points) // 2, "50%", "middle"), (len(points) - 1, "100%", "end")]
    return [(x, anchor, points[number][0]) for number, x, anchor in places if len(points) > 2 or x != "50%"]


def _short(value: float) -> str:
    """1,500,000 as 1.5 M: a scale has little room."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{_number(value / size)} {sign}"
    return _number(value)


def _number(value: float) -> str:
    return number_format(value, decimal_pos=0 if value == int(value) else 1)
