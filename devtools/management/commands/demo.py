"""`make demo`: the console, its workers and the sandbox on this machine, until Ctrl-C."""

import os
import socket
import sys
import threading
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from honcho.environ import expand_processes, parse_procfile
from honcho.manager import Manager

from devtools import demo, personas
from msi_admin import celery_app

START_SECONDS = 60


class Command(BaseCommand):
    """Runs the processes of the Procfile with the settings of the demo."""

    help = "Run the whole console with its sandbox on this machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the console; the sandbox takes the next three")
        parser.add_argument("--people", type=int, default=10_000, help="persons in the sandbox's Marketo")

    def handle(self, *, port: int, people: int, **_: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo makes users whose password everybody knows. It does not run in production.")
        ports = list(range(port, port + 4))
        for number in ports:
            self._check_free(number)
        environment = demo_environment(ports, people)
        call_command("migrate", verbosity=0, skip_checks=False)
        demo.set_up(endpoint=environment["SANDBOX_ORIGIN"])
        threading.Thread(target=self._welcome, args=(environment,), daemon=True).start()
        raise SystemExit(run_processes(environment))

    def _check_free(self, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} is taken by another program (perhaps a demo that already runs). "
                    "Stop it, or choose four free ports in a row with PORT=, for example: make demo PORT=8100"
                ) from error

    def _welcome(self, environment: dict[str, str]) -> None:
        """Print where to go, once the console and the sandbox answer."""
        sandbox, site = environment["SANDBOX_ORIGIN"], environment["SITE_URL"]
        urls = (f"{sandbox}/_sandbox/state", f"{site}/healthz")
        if not (all(wait_for(partial(answers, url)) for url in urls) and wait_for(has_workers)):
            return
        people = "\n".join(f"    {email:<32}{personas.NAMES[email]}, {part}" for email, part in personas.PARTS.items())
        self.stdout.write(
            f"\n  The console      {site}\n"
            f"  The mailbox      {sandbox}/_sandbox/mailbox/\n"
            f"  The sandbox      {sandbox}/_sandbox/   (stands in for Marketo and Salesforce)\n\n"
            f"  Sign in with the password {personas.PASSWORD} as\n{people}\n"
            f"  At Salesforce: admin@acme.example, password sandbox-password\n\n"
            f"  Open the console as Mia Holm and follow the Setup guide. The mailbox names all of them too.\n"
            f"  Ctrl-C stops everything.\n"
        )


def demo_environment(ports: list[int], people: int) -> dict[str, str]:
    """Settings of every process of the demo; `ports` are of console, sandbox http, https and SMTP."""
    site, sandbox, https, smtp = ports
    return {
        # The programs of the Procfile stand beside this Python, activated or not.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PORT": str(site),
        "SANDBOX_PORT": str(sandbox),
        "SANDBOX_HTTPS_PORT": str(https),
        "SANDBOX_SMTP_PORT": str(smtp),
        "PEOPLE": str(people),
        "VAR_DIR": str(settings.VAR_DIR),
        "PROMETHEUS_MULTIPROC_DIR": str(settings.VAR_DIR / "metrics"),
        "SITE_URL": f"http://127.0.0.1:{site}",
        "SANDBOX_ORIGIN": f"http://127.0.0.1:{sandbox}",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp}",
        "SALESFORCE_CLIENT_ID": "sandbox-consumer-key",
        "SALESFORCE_CLIENT_SECRET": "sandbox-consumer-secret",
        "SALESFORCE_APP_KIND": "connected_app",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        # In a container the demo may well run as root.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def run_processes(environment: dict[str, str]) -> int:
    """Run every line of the Procfile until Ctrl-C; return the exit code."""
    manager = Manager()
    procfile = parse_procfile((Path(settings.BASE_DIR) / "Procfile").read_text())
    for process in expand_processes(procfile.processes, env={**os.environ, **environment}):
        manager.add_process(process.name, with_restart(process.cmd), env=process.env)
    manager.loop()
    return int(manager.returncode or 0)


def with_restart(command: str) -> str:
    """A shell command that starts a killed process again, as an installation's supervisor does."""
    return f"while true; do {command}; sleep 1; done"


def wait_for(condition: Callable[[], bool]) -> bool:
    """True as soon as `condition` holds, False after a minute."""
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own address on this machine
    except OSError:
        return False
    return True


def has_workers() -> bool:
    """One for each queue, as the Procfile has them."""
    wanted = len(settings.CELERY_TASK_QUEUES)
    return len(celery_app.control.ping(timeout=1.0, limit=wanted) or []) >= wanted
