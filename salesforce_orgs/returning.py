"""Browsers that come back from a login page of Salesforce: so many at a time, that the others are served, too."""

from functools import wraps
from threading import BoundedSemaphore
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.access import AnyView

SECONDS_TO_WAIT = 10


class Places:
    """Half of the threads of a web process, one at least: so many may wait for Salesforce at a time."""

    def __init__(self, threads: int) -> None:
        self.share_of(threads)

    def share_of(self, threads: int) -> None:
        """To be said before the first request, by a server that does not have as many threads as usual."""
        self.number = max(1, threads // 2)
        self._free = BoundedSemaphore(self.number)

    def take(self) -> bool:
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        self._free.release()


# What msi_admin.serve has unless it is told otherwise.
places = Places(threads=8)


def few_at_a_time(view: AnyView) -> AnyView:
    """
    For a page that asks Salesforce what a code means. Anybody may come to it, by a host of Salesforce that they choose:
    one that does not answer keeps a thread for a minute. Whoever finds no place has lost nothing, and loads it again.

    Of each process by itself: it is its threads that are short, and people sign in while Redis is away.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not places.take():
            return _come_again(request)
        try:
            return view(request, *args, **kwargs)
        finally:
            places.give_back()

    return guarded


def _come_again(request: HttpRequest) -> HttpResponseBase:
    context = {"address": request.get_full_path()}
    answer = render(request, "salesforce_orgs/come_again.html", context, status=503)
    answer["Retry-After"] = str(SECONDS_TO_WAIT)
    return answer
