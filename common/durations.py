"""Durations as the reader's language writes them."""

from django.utils.translation import gettext as _


def duration(seconds: float) -> str:
    """A duration in its two largest units, as text."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours and not minutes:
        return _("%(number)d h") % {"number": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    parts = [_("%(number)d min") % {"number": minutes}] if minutes else []
    if rest or not minutes:
        parts.append(_("%(number)d s") % {"number": rest})
    return " ".join(parts)
