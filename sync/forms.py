"""What people type into forms of their own."""

from django.http import HttpRequest


def typed(request: HttpRequest, name: str, longest: int) -> str:
    """
    What was typed into a posted field, cut to `longest` characters and without NUL, which no text of ours holds.

    What is typed about a person is posted, since addresses end up in logs and histories.
    """
    return request.POST.get(name, "").replace("\0", "").strip()[:longest]
