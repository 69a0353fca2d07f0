"""Security statement 15, "circuit opens": a provider that stalls or flaps is left alone, by all processes together."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from clients import circuit, http
from clients.circuit import FAILURES_IN_A_ROW
from connections.models import ApiFailure, MarketoConnection, SalesforceConnection
from connections.services.call_log import record_failure
from connections.services.call_recorder import record_problem
from connections.services.client_factory import salesforce_client
from problems.codes import ProblemCode
from sandbox.testing import SandboxProcess
from sync.engine.problems import Wait, decide_retry
from tests.canned_answers import serving
from tests.conftest import ClientOf
from tests.connections.conftest import process_environment
from tests.pages import text_of

pytestmark = pytest.mark.usefixtures("servers")

DIAGNOSTICS = "/settings/integrations/diagnostics/"


class Provider(BaseHTTPRequestHandler):
    """Answers with the status that a test sets; 0 is no answer at all."""

    status = 200
    calls = 0

    def do_GET(self) -> None:
        type(self).calls += 1
        if not self.status:
            self.rfile.read(1)  # until the client gives up
            return
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (1.0, 0.25))
    Provider.status, Provider.calls = 200, 0
    with serving(Provider) as origin:
        yield origin


def call(origin: str, path: str = "/rest/v1/leads.json") -> int:
    session = http.open_session(allowed_hosts=[origin], circuits=cache)
    with http.network_errors("marketo"):
        return session.get(origin + path).status_code


def fail(origin: str, times: int = FAILURES_IN_A_ROW) -> None:
    """Make calls of which each fails, and is made."""
    before = Provider.calls
    for _time in range(times):
        with suppress(http.Unreachable):
            assert call(origin) >= 500
    assert Provider.calls == before + times


def end_pause(origin: str) -> None:
    """As when its time is over."""
    assert cache.delete(f"circuit-gate-{origin}/rest")


@pytest.mark.parametrize("status", [0, 503])
def test_a_server_that_stalls_or_fails_is_left_alone(provider: str, status: int) -> None:
    Provider.status = status
    fail(provider)
    with pytest.raises(http.CircuitOpenError) as paused:
        call(provider)
    assert Provider.calls == FAILURES_IN_A_ROW
    assert 0 < (paused.value.retry_after or 0) <= circuit.FIRST_PAUSE_SECONDS


@pytest.mark.parametrize("status", [200, 401, 429])
def test_an_answer_in_between_shows_that_the_server_lives(provider: str, status: int) -> None:
    """A server that flaps is called on; a refusal and a used-up allowance are answers, too."""
    for _time in range(3):
        Provider.status = 503
        fail(provider, FAILURES_IN_A_ROW - 1)
        Provider.status = status
        assert call(provider) == status
    for _time in range(2 * FAILURES_IN_A_ROW):
        assert call(provider) == status


def test_a_call_to_a_server_that_lives_asks_redis_once(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of the console pays for it."""
    written: list[object] = []
    monkeypatch.setattr(cache, "delete_many", written.append)
    assert call(provider) == 200
    assert written == []
    Provider.status = 503
    fail(provider, 1)
    Provider.status = 200
    assert call(provider) == 200
    assert len(written) == 1


def test_one_call_tries_after_the_pause_and_its_success_lets_all_go(provider: str) -> None:
    Provider.status = 503
    fail(provider)
    end_pause(provider)
    Provider.status = 200
    assert [call(provider) for _time in range(3)] == [200] * 3
    Provider.status = 503
    fail(provider)  # the count has begun anew


def test_only_one_call_tries_however_many_want_to(provider: str) -> None:
    Provider.status = 503
    fail(provider)
    end_pause(provider)
    trial, other = circuit.Circuit(f"{provider}/rest/a", cache), circuit.Circuit(f"{provider}/rest/b", cache)
    trial.enter()
    with pytest.raises(circuit.CircuitOpen):
        other.enter()
    trial.succeeded()
    other.enter()


def test_each_failed_trial_makes_the_pause_longer_up_to_five_minutes(provider: str) -> None:
    Provider.status = 503
    fail(provider)
    pauses = []
    for _time in range(8):
        end_pause(provider)
        fail(provider, 1)
        with pytest.raises(http.CircuitOpenError) as paused:
            call(provider)
        pauses.append(paused.value.retry_after or 0)
    assert circuit.FIRST_PAUSE_SECONDS / 2 < pauses[0] <= 2 * circuit.FIRST_PAUSE_SECONDS
    assert min(pauses[-3:]) >= circuit.LONGEST_PAUSE_SECONDS / 2 - 1
    assert max(pauses) <= circuit.LONGEST_PAUSE_SECONDS


def test_calls_on_their_way_when_it_opens_make_no_pause_longer(provider: str) -> None:
    on_their_way = [circuit.Circuit(f"{provider}/rest/a", cache) for _time in range(20)]
    for each in on_their_way:
        each.enter()
    for each in on_their_way:
        each.failed()
    with pytest.raises(http.CircuitOpenError) as paused:
        call(provider)
    assert (paused.value.retry_after or 0) <= circuit.FIRST_PAUSE_SECONDS


def test_one_endpoint_of_a_host_is_not_left_alone_for_another(provider: str) -> None:
    Provider.status = 503
    fail(provider)
    Provider.status = 200
    assert call(provider, "/bulk/v1/leads/export.json") == 200
    with pytest.raises(http.CircuitOpenError):
        call(provider)


def test_errors_of_one_org_do_not_keep_others_from_logging_in(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All orgs log in at the same hosts; one that does not answer at all is left alone as others are."""
    monkeypatch.setattr(http, "LOGINS_OF_ALL_ORGS", (f"{provider}/",))
    Provider.status = 503
    fail(provider, 2 * FAILURES_IN_A_ROW)
    Provider.status = 0
    fail(provider)
    with pytest.raises(http.CircuitOpenError):
        call(provider)


CALLS = """
import django
django.setup()
from django.core.cache import cache
from clients import http
session = http.open_session(allowed_hosts=[{origin!r}], circuits=cache)
for _time in range({times}):
    try:
        with http.network_errors("marketo"):
            print(session.get({origin!r} + "/rest/").status_code)
    except http.CircuitOpenError:
        print("paused")
"""


def test_two_processes_share_it(provider: str) -> None:
    Provider.status = 503
    fail(provider, FAILURES_IN_A_ROW - 1)
    source = CALLS.format(origin=provider, times=2)
    other = subprocess.run(
        [sys.executable, "-c", source], env=process_environment(), capture_output=True, text=True, check=True
    )
    assert other.stdout.split() == ["503", "paused"]
    with pytest.raises(http.CircuitOpenError):
        call(provider)


def test_without_redis_every_call_goes(provider: str, settings: Settings) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}}
    Provider.status = 503
    fail(provider, 2 * FAILURES_IN_A_ROW)


def open_circuit(sandbox: SandboxProcess, path: str) -> None:
    """As many failed calls as it takes, to the endpoint that begins with the path."""
    for _time in range(FAILURES_IN_A_ROW):
        circuit.Circuit(f"{sandbox.url}{path}", cache).failed()


def test_a_run_waits_for_the_end_of_the_pause(provider: str) -> None:
    Provider.status = 503
    fail(provider)
    with pytest.raises(http.CircuitOpenError) as paused:
        call(provider)
    waiting = decide_retry(paused.value, 1, timezone.now() - timezone.now())
    assert isinstance(waiting, Wait)
    assert waiting.reason == "marketo_paused"
    assert 0 < (waiting.until - timezone.now()).total_seconds() <= circuit.FIRST_PAUSE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_pages_say_at_once_that_a_provider_is_given_a_pause(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    admin: User,
    client_of: ClientOf,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As long as any, so that it lasts until the last page however slow the machine is.
    monkeypatch.setattr(circuit, "FIRST_PAUSE_SECONDS", circuit.LONGEST_PAUSE_SECONDS)
    browser = client_of(admin)
    record_failure(admin.member.account_id, "sobjects/Lead/describe", http.ApiError("salesforce", "QUERY_TIMEOUT"))
    again = f"{DIAGNOSTICS}{ApiFailure.objects.get().pk}/retry/"
    for path in ("/services/data", "/rest/v1"):
        open_circuit(sandbox, path)
    sandbox.delete("/_sandbox/calls")
    salesforce, marketo = (f"{name} failed several times in a row" for name in ("Salesforce", "Marketo"))
    page = text_of(browser.post(f"{DIAGNOSTICS}check/", follow=True))
    assert salesforce in page
    assert marketo in page
    assert salesforce in text_of(browser.post("/settings/admin/salesforce-package/check/"))
    assert salesforce in text_of(browser.post(again, follow=True))
    assert {each["path"] for each in sandbox.get("/_sandbox/calls")} <= {"/identity/oauth/token"}
    # A call that was not made has not failed.
    assert ApiFailure.objects.get().count == 1


@pytest.mark.django_db(transaction=True)
def test_the_pause_hides_no_problem_and_goes_with_the_first_success(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_PERMISSION)
    record_problem(salesforce_connection, http.CircuitOpenError("salesforce", "paused"))
    assert SalesforceConnection.objects.get().problem == "salesforce_permission"
    SalesforceConnection.objects.update(problem="")
    record_problem(salesforce_connection, http.CircuitOpenError("salesforce", "paused"))
    assert SalesforceConnection.objects.get().problem == "salesforce_paused"
    salesforce_client(salesforce_connection).organization()
    assert SalesforceConnection.objects.get().problem == ""
