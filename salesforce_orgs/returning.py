"""Browsers that come back from a login page of Salesforce: so many at a time, that the others are served, too."""

from contextlib import ExitStack
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.access import AnyView
from common.places import Places
from connections.asking import all_places, take_thread
from problems.messages import ConnectionProblem

SECONDS_TO_WAIT = 10
# Of those that may wait for any provider.
places = Places(lambda threads: threads // 2)


def few_at_a_time(view: AnyView) -> AnyView:
    """
    For a page that asks Salesforce what a code means. Anybody may come to it, by a host of Salesforce that they choose:
    one that does not answer keeps a thread for a minute. Whoever finds no place has lost nothing, and loads it again.

    Of each process by itself: it is its threads that are short, and people sign in while Redis is away.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as held:
            try:
                take_thread(held, places, all_places)
            except ConnectionProblem:
                return _come_again(request)
            return view(request, *args, **kwargs)

    return guarded


def _come_again(request: HttpRequest) -> HttpResponseBase:
    context = {"address": request.get_full_path()}
    answer = render(request, "salesforce_orgs/come_again.html", context, status=503)
    answer["Retry-After"] = str(SECONDS_TO_WAIT)
    return answer
