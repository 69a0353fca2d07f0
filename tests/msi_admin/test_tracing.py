"""Traces: what is sent to the collector, and what must never be."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from accounts.models import User
from msi_admin.tracing import site_of
from sandbox.testing import SandboxProcess
from tests.sync.processes import console_environment

# A process of the console: a page, a task with a call to a provider, statements of the database and commands of Redis.
WORKING = """
import logging
import django
django.setup()
from celery import shared_task
from django.db import connection, transaction
from django.test import Client
from opentelemetry import trace
from accounts.models import User
from clients.http import ApiError, open_session
from common.redis_client import redis_client
from msi_admin.celery import app
import os, structlog

@shared_task
def work(secret):
    redis_client().set("canary-key", "canary-value")
    with open_session(allowed_hosts=[os.environ["SANDBOX_ORIGIN"]]) as session:
        session.get(os.environ["SANDBOX_ORIGIN"] + "/canary-path?access_token=canary-token",
                    headers={"Authorization": "Bearer canary-bearer"})
    structlog.get_logger("work").warning("worked")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'canary-literal'")
    raise ValueError("canary-exception")

app.conf.task_always_eager = True
browser = Client(raise_request_exception=False, headers={"host": "127.0.0.1"})
browser.get("/accounts/password/reset/key/1-canary-reset/?q=canary-query", headers={"User-Agent": "canary-agent"})
foreign = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=canary-state"}
browser.post("/accounts/login/", {"login": "canary@person.example", "password": "canary-password"}, headers=foreign)
assert browser.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200
User.objects.filter(email="canary@person.example").first()
work.delay("canary-argument")
trace.get_tracer_provider().force_flush()
"""


class Collector(BaseHTTPRequestHandler):
    """Takes traces by OTLP over http."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces"
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not into the output of the tests."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Where it listens, and what it has taken."""
    Collector.bodies = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Collector.bodies
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_everything_that_works_is_traced_and_nothing_of_it_is_told(
    collector: tuple[str, list[bytes]], sandbox: SandboxProcess, admin: User, tmp_path: Path
) -> None:
    """Security statement 45: what leaves for a collector holds no secret and nobody's name."""
    address, bodies = collector
    (tmp_path / "endpoint").write_text(f"{address}/\n")
    environment = console_environment(sandbox) | {
        "OTEL_EXPORTER_OTLP_ENDPOINT_FILE": str(tmp_path / "endpoint"),
        "OTEL_SERVICE_NAME": "console-of-tests",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    command = [sys.executable, "-c", WORKING]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert len(bodies) >= 1
    assert not [word for word in ("canary", "person.example") if word in str(bodies)]
    assert "console-of-tests" in str(bodies)
    spans = spans_of(bodies)
    names = {span.name for span in spans}
    assert {"POST accounts/login/", "GET", "SET", "SELECT", "run/msi_admin.work"} <= names
    assert not [name for name in names if "healthz" in name]
    [posted] = [span for span in spans if span.name == "POST accounts/login/"]
    assert (posted.parent_span_id, posted.trace_state) == (b"", "")
    assert posted.trace_id.hex() != "0af7651916cd43dd8448eb211c80319c"
    [task] = [span for span in spans if span.name == "run/msi_admin.work"]
    inside = [span for span in spans if span.trace_id == task.trace_id]
    assert {"GET", "SET", "SELECT"} <= {span.name for span in inside}
    [called] = [span for span in inside if span.name == "GET" and "http.method" in words_of(span)]
    # The sandbox stands in for a provider.
    assert words_of(called)["server.address"] == "other"
    [event] = task.events
    assert [attribute.value.string_value for attribute in event.attributes] == ["ValueError"]
    # By which the lines of the log are found.
    [line] = [line for line in done.stderr.splitlines() if " worked " in line]
    assert task.trace_id.hex() in line


def words_of(span: Span) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in span.attributes}


def spans_of(bodies: list[bytes]) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    scopes = [scope for request in requests for of in request.resource_spans for scope in of.scope_spans]
    return [span for scope in scopes for span in scope.spans]


def test_without_a_collector_nothing_is_imported() -> None:
    """But for a part of the SDK that redis-py imports by itself wherever it is installed."""
    code = "import sys, django; django.setup(); print(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    imported = subprocess.check_output(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, timeout=120, text=True
    ).split()
    ours = ("msi_admin.tracing", "opentelemetry.instrumentation", "opentelemetry.exporter", "opentelemetry.sdk.trace")
    assert "msi_admin.measures" in imported
    assert [name for name in imported if name.startswith(ours)] == []


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://acme.my.salesforce.com/services/data/?q=1", "salesforce.com"),
        ("https://login.salesforce.com", "salesforce.com"),
        ("https://123-ABC-456.mktorest.com:443/rest", "mktorest.com"),
        ("https://hooks.slack.com/services/T0/B0", "slack.com"),
        ("https://hooks.acme.example/salesforce.com", "other"),
        ("https://acme-salesforce.com/", "other"),
        ("http://10.0.0.7:8000/", "other"),
        ("https:///path", "other"),
    ],
)
def test_a_host_is_told_without_the_customer(address: str, site: str) -> None:
    assert site_of(address) == site
