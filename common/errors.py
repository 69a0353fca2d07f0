"""Errors that end in a page with a sentence."""

from django.http import Http404


class NotFoundError(Http404):
    """Not found; the message says why to the person, in a sentence that is the same for everybody."""
