"""Shares as the reader's language writes them."""

from django.utils.translation import gettext


def percent(number: object) -> str:
    """A number of percent with its sign; Swedish puts a space before it."""
    return gettext("%(number)s%%") % {"number": number}
