"""
No secret reaches a log. Everything here goes through the configuration that production and a local run have, and is
looked for in what was written; tests/common/test_redaction.py has the table of what is hidden in a value.
"""

import importlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from types import SimpleNamespace
from typing import Any, Never

import pytest
import requests
import structlog
from celery import Task
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, re_path
from django_structlog.celery.receivers import CeleryReceiver
from pytest_django import Settings

from accounts.models import SalesAccount, User
from common.logs import configure
from invitations import services, tasks
from msi_admin.celery import app
from msi_admin.urls import handler400, handler403, handler500
from msi_admin.urls import urlpatterns as ours
from tests.conftest import ClientOf
from tests.invitations.conftest import token_in_last_mail

__all__ = ["handler400", "handler403", "handler500", "urlpatterns"]

# Of no shape that gives a secret away: whoever hides it knows its name or its address.
CANARY = "a-canary-in-a-mine"
CODE = "287082"
QUERY = f"code={CANARY}&state={CANARY}&token={CANARY}&next=%2Finvitations%2F{CANARY}%2F&deep=%252Fhelp%252F{CANARY}"
FORM = {
    "password": CANARY,
    "password1": f"{CANARY} with spaces, and 'quotes'",
    "client_secret": CANARY,
    "token": CANARY,
    "csrfmiddlewaretoken": CANARY,
    "code": CODE,
}
HEADERS = {
    "Authorization": f"Bearer {CANARY}",
    "Cookie": f"msi-session={CANARY}; msi-csrf={CANARY}",
    "X-CSRFToken": CANARY,
    "Referer": f"http://testserver/invitations/{CANARY}/",
}
# Parts of addresses that anybody may know: the names of an item of the package checklist and of a Sales account.
KNOWN_TO_ANYBODY = {"tick_item"}


def miss(text: str) -> Never:
    raise KeyError(text)


def crash(request: HttpRequest) -> Never:
    """The worst of all texts, on top of another error."""
    everything = f"{request!r} {request.META} {request.headers} {request.POST} {request.COOKIES}"
    kinds: dict[str, type[Exception]] = {"400": BadRequest, "403": PermissionDenied, "security": SuspiciousOperation}
    try:
        miss(everything)
    except KeyError as error:
        raise kinds.get(request.GET.get("as", ""), RuntimeError)(everything) from error


# Every address fails; ours are there for the links on the error pages.
urlpatterns = [re_path("", crash), *ours]


@contextmanager
def written(*, as_json: bool = True) -> Iterator[StringIO]:
    """
    What is logged meanwhile, as the console writes it. Afterwards all loggers are as before, those included that
    structlog keeps after their first use: they hold on to one list of processors, so that list gets new contents.
    """
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    loggers = [(each, each.handlers[:], each.level, each.propagate) for each in (logging.root, *known)]
    before = structlog.get_config()
    kept, processors = before["processors"], before["processors"][:]
    stream = StringIO()
    try:
        configure({"level": "INFO", "json": as_json, "stream": stream})
        kept[:] = structlog.get_config()["processors"]
        structlog.configure(processors=kept)
        yield stream
    finally:
        kept[:] = processors
        structlog.configure(**before)
        for logger, handlers, level, propagate in loggers:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry
        else:
            yield from routes(entry, route)


def address_of(route: str) -> str:
    """An address of a route, with the canary in every part that takes it."""
    # Numbers of rows and the slugs of accounts are no secrets.
    route = re.sub(r"<(?:int|slug):\w+>", "1", route)
    route = re.sub(r"<(?:\w+:)?\w+>", CANARY, re.sub(r"\(\?P<\w+>([^)]*)\)", _part, route))
    return "/" + re.sub(r"\(\?:(\w+)[^)]*\)", r"\1", route).replace("^", "").replace("$", "")


def _part(found: re.Match[str]) -> str:
    return CANARY if re.fullmatch(found[1], CANARY) else "1"


ALL = {address_of(route): pattern for route, pattern in routes(get_resolver("msi_admin.urls"))}
ADDRESSES = [address for address, pattern in ALL.items() if pattern.name not in KNOWN_TO_ANYBODY]
WITH_A_SECRET = [address for address in ADDRESSES if CANARY in address]

both_ways = pytest.mark.parametrize("as_json", [True, False], ids=["json", "readable"])


def test_the_addresses_with_a_secret_are_found() -> None:
    assert len(ADDRESSES) > 90
    assert {address.split(CANARY)[0] for address in WITH_A_SECRET} >= {
        "/help/",
        "/invitations/",
        "/accounts/confirm-email/",
        "/accounts/password/reset/key/1-",
    }


@both_ways
@pytest.mark.django_db
def test_no_address_brings_its_secret_into_the_log(*, as_json: bool) -> None:
    """Security statement 8: refused, unknown, sent with the wrong method or from another site; new ones are found."""
    browser, elsewhere = Client(headers=HEADERS), Client(enforce_csrf_checks=True)
    seen: set[int] = set()
    for address in WITH_A_SECRET:
        with written(as_json=as_json) as log:
            codes = [
                browser.get(address).status_code,
                browser.get(f"{address}more/?{QUERY}").status_code,
                browser.get(f"{address}?{QUERY}&q=%00").status_code,
                browser.delete(address).status_code,
                elsewhere.post(address, FORM).status_code,
            ]
        assert {400, 403} <= set(codes), address
        assert log.getvalue().count("\n") > 2 * len(codes)
        assert CANARY not in log.getvalue(), address
        seen.update(codes)
    assert {400, 403, 404, 405} <= seen


@both_ways
@pytest.mark.django_db
def test_no_query_brings_a_secret_into_the_log(*, as_json: bool) -> None:
    """Security statement 8: OAuth's code and state, and where somebody wants to go after signing in."""
    callbacks = [address for address in ADDRESSES if "callback" in address]
    with written(as_json=as_json) as log:
        codes = [
            Client().get(f"{address}?{QUERY}").status_code for address in (*callbacks, "/", "/nowhere/", "/metrics")
        ]
        codes += [Client().put(f"{address}?{QUERY}").status_code for address in callbacks]
        codes += [Client(enforce_csrf_checks=True).post(f"{address}?{QUERY}").status_code for address in callbacks]
    assert len(callbacks) == 2
    assert {302, 403, 404, 405} <= set(codes)
    assert log.getvalue().count("request_finished") == len(codes)
    assert CANARY not in log.getvalue()


@both_ways
@pytest.mark.parametrize(("kind", "code"), [("500", 500), ("400", 400), ("403", 403), ("security", 400)])
@pytest.mark.django_db
def test_a_failure_tells_no_secret(settings: Settings, kind: str, code: int, *, as_json: bool) -> None:
    """Security statement 8: a page that fails with all it knows in its error; address, headers, form, cookies."""
    settings.ROOT_URLCONF = __name__
    browser = Client(raise_request_exception=False, headers=HEADERS)
    with written(as_json=as_json) as log:
        for address in WITH_A_SECRET:
            assert browser.post(f"{address}?as={kind}&{QUERY}", FORM).status_code == code
    text = log.getvalue()
    assert text.count("Traceback") >= (len(WITH_A_SECRET) if kind in {"500", "security"} else 0)
    assert "/invitations/[hidden]/" in text
    assert CANARY not in text
    assert CODE not in text


@both_ways
@pytest.mark.django_db
def test_a_weak_password_keeps_the_invitation_secret(account: SalesAccount, admin: User, *, as_json: bool) -> None:
    """Security statement 8: everyday use, after which the link still lets somebody in."""
    new = services.NewInvitation("new@acme.example")
    tasks.send_invitation(services.invite(account=account, invited_by=admin, addresses=[new]).sent[0].pk)
    token = token_in_last_mail()
    with written(as_json=as_json) as log:
        answer = Client().post(f"/invitations/{token}/", {"name": "Nora", "password1": "canary", "password2": "canary"})
    assert answer.status_code == 400
    assert "POST /invitations/[hidden]/" in log.getvalue()
    assert token not in log.getvalue()
    assert "canary" not in log.getvalue()
    assert Client().get(f"/invitations/{token}/").status_code == 200


@both_ways
@pytest.mark.django_db
def test_a_refused_bearer_token_is_not_told(settings: Settings, *, as_json: bool) -> None:
    settings.METRICS_TOKEN = "another"
    with written(as_json=as_json) as log:
        assert Client(headers=HEADERS).get(f"/metrics?token={CANARY}").status_code == 403
    assert "Forbidden" in log.getvalue()
    assert CANARY not in log.getvalue()


@dataclass
class Connected:
    instance: str
    access_token: str


def _loggable() -> dict[str, object]:
    """The same secrets in everything that somebody may hand to a logger."""
    form = QueryDict(mutable=True)
    form.update(FORM)
    request = RequestFactory(headers=HEADERS).post(f"/invitations/{CANARY}/?{QUERY}", FORM)
    call = requests.Request("GET", f"https://acme.example/?{QUERY}", headers=HEADERS, data=FORM).prepare()
    return {
        "text": f"GET /?{QUERY}",
        "form": form,
        "mapping": {"outer": [{"inner": (FORM, HEADERS)}]},
        "pairs": list(FORM.items()),
        "row": Connected("acme", CANARY),
        "sent": QUERY.encode(),
        "error": ValueError(f"refused: {FORM}"),
        "request": request,
        "meta": request.META,
        "headers": request.headers,
        "call": call,
        "call_headers": call.headers,
        "positional": ("secret", CANARY),
        "password": [CANARY],
        "code": CODE,
    }


@both_ways
def test_whatever_is_logged_tells_no_secret(*, as_json: bool) -> None:
    """Security statement 8: by our loggers and by those of libraries."""
    ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
    with written(as_json=as_json) as log:
        ours.warning("all", **_loggable())
        theirs.warning("all", extra=_loggable())
        for value in _loggable().values():
            if value not in (CODE, [CANARY]):  # without its name, nobody can know what it is
                ours.warning("one: %s", value)
                ours.warning("bound", value=value)
                theirs.warning("one: %r", value)
    assert log.getvalue().count("\n") > 40
    assert CANARY not in log.getvalue()
    assert CODE not in log.getvalue()


@both_ways
def test_tracebacks_and_stacks_tell_no_secret(*, as_json: bool) -> None:
    """Security statement 8: the texts of a whole chain of errors, and the lines of code that show in it."""

    def fail() -> Never:
        try:
            miss(f"refresh_token={CANARY}")
        except KeyError as error:
            error.add_note(f"Authorization: Bearer {CANARY}")
            raise ExceptionGroup("several", [ValueError(f"{FORM}"), OSError(f"GET /help/{CANARY}/")]) from error

    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        with written(as_json=as_json) as log:
            try:
                fail()
            except ExceptionGroup:
                logger.exception("failed", stack_info=True)
            logger.warning("here", stack_info=True, extra={"password": "a-canary-in-a-mine"})
        assert "KeyError" in log.getvalue()
        assert "ExceptionGroup" in log.getvalue()
        assert CANARY not in log.getvalue()


@pytest.fixture
def failing_task() -> Iterator[Task[Any, Any]]:
    """A task that fails with its arguments in the error, watched as in a worker."""

    @app.task(name="tests.failing")
    def failing(*arguments: object, **named: object) -> Never:
        raise RuntimeError(f"{named}")

    watching = CeleryReceiver()
    watching.connect_worker_signals()
    yield failing
    del watching
    structlog.contextvars.clear_contextvars()
    app.tasks.pop(failing.name)


@both_ways
def test_a_failing_task_tells_no_secret(failing_task: Callable[..., Any], *, as_json: bool) -> None:
    """Security statement 8: Celery logs the arguments of a task that failed, and django-structlog its error."""
    with written(as_json=as_json) as log:
        failing_task.apply(args=[CANARY, 5, QUERY, [CANARY]], kwargs={**FORM, "run_id": 17})  # type: ignore[attr-defined]
    assert "tests.failing" in log.getvalue()
    assert "task_failed" in log.getvalue()
    assert "'run_id': 17" in log.getvalue()
    assert CANARY not in log.getvalue()
    assert CODE not in log.getvalue()


@both_ways
def test_a_task_nobody_knows_tells_no_secret(*, as_json: bool) -> None:
    """Security statement 8: a worker with old code logs the whole message."""
    consumer = importlib.import_module("celery.worker.consumer.consumer")
    body = json.dumps([[CANARY], {"note": CANARY}, {}]).encode()
    headers = {"argsrepr": f"('{CANARY}',)", "kwargsrepr": f"{{'note': '{CANARY}'}}"}
    message = SimpleNamespace(body=body, headers=headers)
    unknown: tuple[object, ...] = (KeyError("new"), consumer.dump_body(message, None), message.headers, {})
    broken = (ValueError("?"), "json", "utf-8", message.headers, body)
    with written(as_json=as_json) as log:
        logging.getLogger(consumer.__name__).error(consumer.UNKNOWN_TASK_ERROR, *unknown)
        logging.getLogger(consumer.__name__).error(consumer.MESSAGE_DECODE_ERROR, *broken)
    assert log.getvalue().count("message body") == 2
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize("name", ["django", "django.server", "waitress"])
def test_nothing_is_written_past_our_handler(name: str) -> None:
    """Django brings handlers of its own, a server may, which would write a line as it is."""
    past, logger = StringIO(), logging.getLogger(name)
    theirs = logging.StreamHandler(past)
    logger.addHandler(theirs)
    logger.propagate = False
    try:
        with written() as log:
            logger.error("Error handling request /help/%s/", CANARY)
    finally:
        logger.removeHandler(theirs)
        logger.propagate = True
    assert past.getvalue() == ""
    assert [line["event"] for line in lines(log)] == ["Error handling request /help/[hidden]/"]


def test_a_line_that_cannot_be_written_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    """The standard library would write its arguments to standard error, as they are."""
    with written() as log:
        logging.getLogger("theirs").warning("%d people", CANARY)
    (line,) = lines(log)
    assert re.fullmatch(r"unwritable line at .*test_logs\.py:\d+: TypeError", line["event"])
    assert (line["level"], line["logger"]) == ("warning", "theirs")
    assert CANARY not in capsys.readouterr().err


@pytest.mark.django_db
def test_ordinary_values_stay(client_of: ClientOf, member: User) -> None:
    with written() as log:
        client_of(member).get("/nowhere/?q=anna&status_code=1")
        logging.getLogger("theirs").warning(
            "answered %s", 404, extra={"code": "603", "state": "JobComplete", "tokens": 3}
        )
        structlog.get_logger("ours").warning("sync_failed", run=17, failure="INVALID_FIELD", rate=1.5, ended=None)
    seen = {line["event"]: line for line in lines(log)}
    finished, warned = seen["request_finished"], seen["Not Found: /nowhere/"]
    assert finished["code"] == warned["status_code"] == 404
    # Without what somebody looked for, which may be a name.
    assert finished["request"] == warned["request"] == "GET /nowhere/"
    assert finished["user_id"] == member.pk
    assert re.fullmatch(r"[0-9a-f-]{36}", finished["request_id"])
    assert seen["answered 404"].items() >= {"code": "603", "state": "JobComplete", "tokens": 3}.items()
    expected = {"run": 17, "failure": "INVALID_FIELD", "rate": 1.5, "ended": None, "level": "warning", "logger": "ours"}
    assert seen["sync_failed"].items() >= expected.items()


def test_loggers_are_put_back() -> None:
    """Of these tests themselves: a logger that was first used meanwhile is heard by later ones."""
    before, root = structlog.get_config(), logging.root.handlers[:]
    logger = structlog.get_logger("first used inside")
    with suppress(ZeroDivisionError), written():
        logger.warning("inside")
        raise ZeroDivisionError
    with structlog.testing.capture_logs() as captured:
        logger.warning("outside")
    assert [event["event"] for event in captured] == ["outside"]
    assert (structlog.get_config(), logging.root.handlers) == (before, root)
