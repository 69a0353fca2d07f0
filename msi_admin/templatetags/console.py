"""Template tags used on every page."""

from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from typing import cast

from django import template
from django.conf import settings
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context, RequestContext
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from accounts.time_zones import readable
from common import names
from common.percent import percent

register = template.Library()
register.filter(percent)


_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@lru_cache(maxsize=200)
def _icon_body(name: str) -> SafeString:
    source = (settings.NODE_MODULES / f"@tabler/icons/icons/outline/{name}.svg").read_text()
    # The drawing between the tags of a file from a locked package; the opening tag is ours, and nobody sees the frame.
    drawing = source.partition(">")[2].rpartition("</svg>")[0].replace(_FRAME, "")
    return mark_safe("".join(line.strip() for line in drawing.splitlines()))  # noqa: S308


HIDDEN = mark_safe('aria-hidden="true"')


@register.simple_tag(takes_context=True)
def icon(context: Context, name: str, label: str = "") -> SafeString:
    """
    A Tabler outline icon by file name; hidden from screen readers unless it has a label. Between `drawings` it names
    the page's one drawing; in a part of a page that is sent alone it is drawn.
    """
    meaning = format_html('role="img" aria-label="{}"', label) if label else HIDDEN
    named = _named_on_page(context)
    if named is None:
        return _drawn(name, meaning)
    named.add(name)
    return _named(name, meaning)


@lru_cache(maxsize=500)
def _named(name: str, meaning: SafeString) -> SafeString:
    return format_html('<svg class="icon" {}><use href="#i-{}"/></svg>', meaning, name)


@lru_cache(maxsize=500)
def _drawn(name: str, meaning: SafeString) -> SafeString:
    return format_html('<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>', meaning, _icon_body(name))


def _named_on_page(context: Context) -> set[str] | None:
    """The icons of this page so far; a context has its request also where `include` hands on nothing else."""
    return getattr(getattr(context, "request", None), "named_icons", None)


class Drawings(Node):
    """What stands between `drawings` and `enddrawings`, and before it one drawing of each icon used there."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        request, named = cast(RequestContext, context).request, set[str]()
        request.named_icons = named  # type: ignore[attr-defined]
        content = self.nodelist.render(context)
        del request.named_icons  # type: ignore[attr-defined]
        drawn = ((name, _icon_body(name)) for name in sorted(named))
        symbols = format_html_join("", '<symbol id="i-{}" viewBox="0 0 24 24">{}</symbol>', drawn)
        return format_html('<svg class="d-none">{}</svg>{}', symbols, content)


@register.tag
def drawings(parser: Parser, _token: Token) -> Drawings:
    """A page's body: each icon is drawn once, however many lines show it."""
    nodelist = parser.parse(("enddrawings",))
    parser.delete_first_token()
    return Drawings(nodelist)


@register.simple_tag
def demo_mailbox() -> str:
    """Where the mails of the demo arrive; empty elsewhere, for production does not start with a sandbox."""
    return f"{settings.SANDBOX_ORIGIN}/_sandbox/mailbox/" if settings.SANDBOX_ORIGIN else ""


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
def beginning(text: object, length: int) -> str:
    """So much of a text of any length, for which truncatechars may take hours."""
    return names.beginning(str(text), length)


@register.filter
def split_path(path: str) -> list[str]:
    """The parts of a click path such as "Settings > Admin Settings > Marketo"."""
    return [part.strip() for part in path.split(">")]


@register.filter
def linked(path: str, names: str = "") -> list[tuple[str, str]]:
    """The parts of a click path, each with its address where `names` (URL names in the same order) has one."""
    addresses = [reverse(name) for name in names.split()]
    return list(zip_longest(split_path(path), addresses[: len(split_path(path))], fillvalue=""))
