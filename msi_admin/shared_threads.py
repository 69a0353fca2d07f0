"""Threads of a web process are everybody's: one account, or one person without, takes at most so many at a time."""

from collections import defaultdict
from contextlib import ExitStack
from functools import partial
from threading import Lock
from time import monotonic
from typing import cast

from django.http import HttpRequest, HttpResponse

from accounts.models import Member, User
from connections.asking import all_places
from connections.models import MarketoInstance
from msi_admin.middleware import GetResponse, not_now

# Of one host, over HTTP/1.1: with fewer a page of ours that asks for its parts could be refused some of them.
BROWSERS_ASK_AT_ONCE = 6
# Nothing but an export takes so long by itself.
SECONDS_TO_HANG = 2
VISITORS = ("visitors", 0)


class GivenBackMiddleware:
    """
    Gives back what a request has taken (`request.taken`) when its answer is sent: an export's rows are read while they
    are written, by the thread that has made the page. Outermost, for an answer that another replaces is closed by
    nobody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as taken:
            request.taken = taken  # type: ignore[attr-defined]
            answer = self.get_response(request)
            if answer.streaming:
                # Also where the reader goes away before the first row: a generator that was not begun has no end.
                answer._resource_closers.append(taken.pop_all().close)  # type: ignore[attr-defined] # noqa: SLF001
            return answer


class SharedThreadsMiddleware:
    """
    Leaves two threads of a process to everybody else, whatever the pages of an account wait for: a provider that does
    not answer, or a row that is held until it does. Pages take a few hundredths of a second: to ask for seven of one
    process at the same moment takes a hundred people who press at once, or one whose pages hang. A process with six
    threads or fewer leaves none: what one browser asks for is not refused.

    Visitors may hang, too, and nobody knows whose people they are: whoever has a page that hangs begins no other while
    only two threads are left.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        # When they were begun, the oldest first.
        self._pages: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
        self._turn = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        whose = _whose(request) if request.user.is_authenticated else VISITORS
        begun = self._begin(whose)
        if begun is None:
            return not_now(request, "errors/other_pages_wait.html")
        request.taken.callback(partial(self._end, whose, begun))  # type: ignore[attr-defined]
        return self.get_response(request)

    def _begin(self, whose: tuple[str, int]) -> float | None:
        with self._turn:
            now, pages = monotonic(), self._pages[whose]
            if whose != VISITORS and self._takes_too_many(pages, now):
                return None
            pages.append(now)
            return now

    def _takes_too_many(self, pages: list[float], now: float) -> bool:
        most = max(all_places.number, BROWSERS_ASK_AT_ONCE)
        hangs = bool(pages) and now - pages[0] > SECONDS_TO_HANG
        return len(pages) >= most or (hangs and sum(map(len, self._pages.values())) >= most)

    def _end(self, whose: tuple[str, int], begun: float) -> None:
        with self._turn:
            self._pages[whose].remove(begun)
            if not self._pages[whose]:
                del self._pages[whose]


def _whose(request: HttpRequest) -> tuple[str, int]:
    """Admins of a company's Marketo instance who are no members have its threads, too, however many they are."""
    member: Member | None = request.member  # type: ignore[attr-defined]
    if member:
        return "account", member.account_id
    user = cast(User, request.user)
    # Without its credentials, which nobody needs here.
    instance = MarketoInstance.objects.administered_by(user).values_list("pk", "account_id").first()
    if instance is None:
        return "user", user.pk
    pk, account_id = instance
    return ("account", account_id) if account_id else ("instance", pk)
