"""Figures over all processes: those that have ended count on, and leave one file behind for all of them."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.test import Client
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from msi_admin.exposition import _alone_in, answer_at, figures_of_processes

# Four children count and end, one after the other; somebody asks after each, as monitoring does.
COUNTING = """
import os, sys
import django
django.setup()
from clients.measures import measured_call
from common.mail import MAILS
from msi_admin.exposition import figures_of_processes
import sync.measures
for number in range(4):
    child = os.fork()
    if not child:
        MAILS.labels("sent").inc()
        with measured_call("marketo"):
            pass
        os._exit(0)
    os.waitpid(child, 0)
    text = figures_of_processes()
MAILS.labels("sent").inc()
sys.stdout.buffer.write(figures_of_processes())
"""


def samples(text: str) -> dict[str, float]:
    """By name and values of labels, those in the order of the labels' names."""
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([one.name, *(one.labels[label] for label in sorted(one.labels))]): one.value for one in found}


def test_what_ended_processes_have_counted_stays(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COUNTING]
    told = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert told.returncode == 0, told.stderr
    found = samples(told.stdout)
    assert found["msi_mails_total sent"] == 5
    assert (found["msi_mails_total failed"], found["msi_mails_total refused"]) == (0, 0)
    assert found["msi_sync_run_duration_seconds_count full failed"] == 0
    assert found["msi_provider_call_duration_seconds_count answered marketo"] == 4
    assert found["msi_provider_call_duration_seconds_bucket 0.1 answered marketo"] == 4
    ended = {"counter_ended.db", "histogram_ended.db"}
    assert ended < {path.name for path in tmp_path.glob("*.db")}
    assert len(list(tmp_path.glob("*.db"))) <= len(ended) + 2


def counted_by_ended(folder: Path, *counts: int) -> None:
    """Files as processes leave them that counted mails."""
    for count in counts:
        ended = subprocess.Popen(["true"])
        ended.wait()
        store = MmapedDict(str(folder / f"counter_{ended.pid}.db"))
        store.write_value(mmap_key("msi_mails", "msi_mails_total", ["outcome"], ["sent"], "Mails."), count, 0.0)
        store.close()


def test_whoever_is_killed_while_adding_up_makes_nothing_count_twice(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_DIR = str(tmp_path)
    counted_by_ended(tmp_path, 3, 4)
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".db" and len(list(tmp_path.glob("counter_[0-9]*.db"))) == 1:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            figures_of_processes()
    counted_by_ended(tmp_path, 5)
    for _ in range(2):
        assert samples(figures_of_processes().decode())["msi_mails_total sent"] == 12
    assert [path.name for path in tmp_path.glob("*.db")] == ["counter_ended.db"]


def test_a_child_forked_meanwhile_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with _alone_in(tmp_path):
        [held] = [one for one in Path("/proc/self/fd").iterdir() if os.path.realpath(one) == str(lock)]
        # As a child has it.
        kept = os.dup(int(held.name))
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(kept)


def test_a_worker_answers_those_who_hold_the_token(settings: Settings) -> None:
    """Security statement 45: figures are not open to the outside."""
    settings.METRICS_TOKEN = "canary"
    server = answer_at("127.0.0.1:0")
    address = f"http://127.0.0.1:{server.server_port}/metrics"
    try:
        assert requests.get(address, timeout=20).status_code == 403
        answer = requests.get(address, headers={"Authorization": "Bearer canary"}, timeout=20)
    finally:
        server.shutdown()
        server.server_close()
    assert answer.status_code == 200
    assert "# TYPE msi_http_request_duration_seconds histogram" in answer.text


@pytest.mark.django_db
def test_requests_are_told_apart_by_route_and_not_by_path(client: Client) -> None:
    for address in ("/accounts/login/", "/invitations/canary-token/", "/canary-path/"):
        client.get(address)
    text = client.get("/metrics").content.decode()
    assert "canary" not in text
    found = samples(text)
    assert found["msi_http_request_duration_seconds_count account_login 2xx"] >= 1
    assert found["msi_http_request_duration_seconds_count none 4xx"] >= 1
