"""Template tags used on every page."""

from datetime import datetime
from functools import lru_cache
from itertools import zip_longest

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from accounts.time_zones import readable
from common import names

register = template.Library()


_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@lru_cache(maxsize=200)
def _icon_body(name: str) -> SafeString:
    source = (settings.NODE_MODULES / f"@tabler/icons/icons/outline/{name}.svg").read_text()
    # The drawing between the tags of a file from a locked package; the opening tag is ours, and nobody sees the frame.
    drawing = source.partition(">")[2].rpartition("</svg>")[0].replace(_FRAME, "")
    return mark_safe("".join(line.strip() for line in drawing.splitlines()))  # noqa: S308


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Tabler outline icon by file name; hidden from screen readers unless it has a label."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>',
        meaning,
        _icon_body(name),
    )


register.filter("readable_zone", readable)


@register.filter
def machine_time(moment: datetime | None) -> str:
    """For the attribute of a `time` element, in which HTML allows at most three digits after the second."""
    return localtime(moment).isoformat(timespec="seconds") if moment else ""


@register.filter
def isolated(name: object) -> str:
    """A name whose direction ends with it; every sentence and list that holds one asks for this."""
    return names.isolated(str(name or ""))


@register.filter
def split_path(path: str) -> list[str]:
    """The parts of a click path such as "Settings > Admin Settings > Marketo"."""
    return [part.strip() for part in path.split(">")]


@register.filter
def linked(path: str, names: str = "") -> list[tuple[str, str]]:
    """The parts of a click path, each with its address where `names` (URL names in the same order) has one."""
    addresses = [reverse(name) for name in names.split()]
    return list(zip_longest(split_path(path), addresses[: len(split_path(path))], fillvalue=""))
