"""What an operator starts: compose file, manifests of Kubernetes and image say the same, and it runs as it stands."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import requests
import yaml
from django.conf import settings
from django.db import connection

from tests.browser.demo import free_ports
from tests.msi_admin.test_production import COMPLETE
from tests.sync.processes import running
from tests.waiting import wait_until

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}
LASTING = OURS.keys() - {"migrate"}
MANIFESTS = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/console.yaml").read_text()))
DEPLOYMENTS = [one for one in MANIFESTS if one["kind"] == "Deployment"]
PROCESSES = {one["metadata"]["name"].removeprefix("msi-admin-"): one for one in DEPLOYMENTS}


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_kubernetes_knows_every_word(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.32", strict=True)


def test_nobody_reaches_more_of_a_process_than_its_ports() -> None:
    """A Kubernetes without a policy lets every pod of the cluster in everywhere."""
    policies = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] == "NetworkPolicy"}
    assert policies["msi-admin"]["podSelector"]["matchLabels"] == {"app": "msi-admin"}
    assert policies["msi-admin-web"]["ingress"] == [{"ports": [{"port": 8000}]}]
    ports = {port["port"] for spec in policies.values() for rule in spec["ingress"] for port in rule["ports"]}
    containers = [one["spec"]["template"]["spec"]["containers"][0] for one in DEPLOYMENTS]
    assert ports == {port["containerPort"] for one in containers for port in one.get("ports", ())}


def test_both_start_the_same_processes() -> None:
    assert PROCESSES.keys() == LASTING
    for name in LASTING:
        [container] = PROCESSES[name]["spec"]["template"]["spec"]["containers"]
        command = SERVICES[name]["command"].replace("${WEB_PROCESSES:-2}", "2")
        assert container["command"] == ["sh", "-c", f"exec {command}"]


def test_both_set_the_same() -> None:
    """What one of them sets for every process the other does, too, or asks for it."""
    [chosen] = [one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap"]
    head = (ROOT / "deploy/kubernetes/console.yaml").read_text().partition("apiVersion")[0]
    secret = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", head))
    of_compose = {name: re.sub(r"\$\{\w+:-(.*)}", r"\1", value) for name, value in OURS["web"]["environment"].items()}
    both = of_compose.keys() & chosen.keys()
    assert {name: chosen[name] for name in both} == {name: of_compose[name] for name in both}
    # The image says that it is production; the password stands in the address.
    assert of_compose.keys() - chosen.keys() - secret == {"PRODUCTION", "PGPASSWORD"}
    assert "ENV PATH=/venv/bin:$PATH PRODUCTION=true" in (ROOT / "Dockerfile").read_text()
    assert COMPLETE.keys() - chosen.keys() - secret == {"PRODUCTION"}
    containers = [
        one["spec"]["template"]["spec"]["containers"][0] for one in MANIFESTS if one["kind"] in {"Deployment", "Job"}
    ]
    assert all(one["envFrom"] == containers[0]["envFrom"] for one in containers)


def test_nobody_is_killed_in_the_middle() -> None:
    """Docker gives ten seconds, and Kubernetes thirty."""
    seconds = {"90s": 90, "10m": 600}
    for name in LASTING:
        given = PROCESSES[name]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert given == seconds[SERVICES[name]["stop_grace_period"]] >= 90


def test_no_process_can_do_more_than_it_needs() -> None:
    """Whoever gets into one of them gets no rights of the machine or of the cluster along."""
    for service in OURS.values():
        assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    pods = [one["spec"]["template"]["spec"] for one in MANIFESTS if one["kind"] in {"Deployment", "Job"}]
    assert pods
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        limits = pod["containers"][0]["securityContext"]
        assert (limits["allowPrivilegeEscalation"], limits["capabilities"]) == (False, {"drop": ["ALL"]})


def test_every_service_says_whether_it_lives() -> None:
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == ["migrate"]
    pods = {name: one["spec"]["template"]["spec"]["containers"][0] for name, one in PROCESSES.items()}
    assert [name for name, container in pods.items() if "livenessProbe" not in container] == []


def test_what_is_built_on_is_exact() -> None:
    """The same file makes the same image a year later."""
    images = [service["image"] for name, service in SERVICES.items() if name not in OURS]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 6
    assert [image for image in images if not re.search(r":v?\d+\.\d+(\.\d+)?(-|$)", image)] == []


def copied_into_the_image() -> set[str]:
    """As .dockerignore is read: each line takes away, `!` brings back."""
    left_out = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#!"]
    names = {path.name for path in ROOT.iterdir()}
    return {name for name in names if not any(Path(name).match(pattern) for pattern in left_out)}


def test_the_image_holds_what_the_console_needs_alone() -> None:
    kept = copied_into_the_image()
    packages = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()}
    assert packages | {"clients", "common", "templates", "static", "locale", "manage.py"} <= kept
    assert kept & {"sandbox", "tests", "docs", "node_modules", "var", ".git", ".env", ".ci", "conftest.py"} == set()


DRAW = """
import django
django.setup()
from django.template import engines
print(engines["django"].from_string('{% icon "check" %}').render())
"""


@pytest.mark.servers
def test_pages_of_the_image_have_their_icons(tmp_path: Path) -> None:
    """The step that leaves out what has been collected takes away nothing that pages are drawn with."""
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    [leave_out] = re.findall(r"^RUN (.*rm -rf node_modules.*)$", dockerfile, re.MULTILINE)
    icon = "node_modules/@tabler/icons/icons/outline/check.svg"
    (tmp_path / icon).parent.mkdir(parents=True)
    shutil.copy(ROOT / icon, tmp_path / icon)
    without_bytecode = shutil.ignore_patterns("__pycache__")
    for source in (ROOT / name for name in copied_into_the_image()):
        if source.is_dir():
            shutil.copytree(source, tmp_path / source.name, ignore=without_bytecode)
        else:
            shutil.copy(source, tmp_path)
    subprocess.run(["sh", "-ec", leave_out], cwd=tmp_path, check=True)
    environment = dict(os.environ) | COMPLETE | {"DJANGO_SETTINGS_MODULE": "msi_admin.settings"}
    drawn = subprocess.check_output([sys.executable, "-c", DRAW], cwd=tmp_path, env=environment, text=True)
    assert "<path" in drawn
    # What is there is what it was, and nothing else.
    assert not (tmp_path / "static").exists()
    assert [path.name for path in (tmp_path / "node_modules").rglob("*") if path.is_file()] == ["check.svg"]


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """The environment of the compose file's services, on the servers of the tests; secrets lie in files."""
    place = connection.settings_dict
    environment = dict(os.environ) | COMPLETE
    # In a real container nobody skips them.
    del environment["CELERY_SKIP_CHECKS"]
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "METRICS_TOKEN"):
        (tmp_path / name).write_text(environment.pop(name) + "\n")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    return environment | {
        "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}",
        "REDIS_URL": settings.REDIS_URL,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "TMPDIR": str(tmp_path),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"),
    }


@pytest.fixture
def started(production: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, dict[str, subprocess.Popen[bytes]]]]:
    """Every process as compose writes it, and the origin of the web."""
    port = free_ports()
    metrics_port = port + 1
    with ExitStack() as stack:
        processes = {}
        for name in sorted(LASTING):
            command = SERVICES[name]["command"].replace("${WEB_PROCESSES:-2}", "2")
            command = command.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("/tmp/", f"{tmp_path}/")  # noqa: S108
            environment = production | {"ALIVE_FILE": str(tmp_path / f"alive-{name}")}
            # Here they have one address for all.
            environment["METRICS_LISTEN"] = f"127.0.0.1:{metrics_port}" if name == "worker" else ""
            processes[name] = stack.enter_context(running(shlex.split(command), tmp_path, environment))
        yield f"http://127.0.0.1:{port}", processes


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(240)
def test_the_commands_of_the_compose_file_run_as_they_stand(
    started: tuple[str, dict[str, subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    origin, processes = started

    def is_whole() -> bool:
        try:
            token = {"Authorization": f"Bearer {COMPLETE['METRICS_TOKEN']}"}
            return requests.get(f"{origin}/readyz/workers", headers=token, timeout=20).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    wait_until(is_whole, seconds=120)
    waiting = LASTING - {"web"}
    wait_until(lambda: all((tmp_path / f"alive-{name}").exists() for name in waiting), seconds=60)
    _have_one_sum_of_figures(origin)
    for process in processes.values():
        process.send_signal(signal.SIGTERM)
    log = tmp_path / "processes.log"
    assert {name: process.wait(timeout=60) for name, process in processes.items()} == dict.fromkeys(processes, 0), (
        log.read_text()[-3_000:]
    )


def _have_one_sum_of_figures(origin: str) -> None:
    """On one machine every process tells what all have counted; the workers' children among them."""
    host, _, port = origin.rpartition(":")
    token = {"Authorization": f"Bearer {COMPLETE['METRICS_TOKEN']}"}
    of_web = requests.get(f"{origin}/metrics", headers=token, timeout=20)
    of_worker = requests.get(f"{host}:{int(port) + 1}/metrics", headers=token, timeout=20)
    for text in (of_web.text, of_worker.text):
        assert 'msi_task_duration_seconds_count{outcome="success",task="sync.tasks.sweep"}' in text
        assert 'msi_http_request_duration_seconds_count{route="readyz_workers",status="2xx"}' in text
    assert "msi_accounts" in of_web.text
    assert "msi_accounts" not in of_worker.text
