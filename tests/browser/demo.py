"""`make demo` as a visitor starts it, in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import Any

import requests

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
# Of the servers of this pytest process; the demo brings its own.
OURS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "VAR_DIR")


class Demo:
    """`manage.py demo` in a folder of its own; `people` is the number of persons in its Marketo."""

    def __init__(self, people: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="msi-demo-"))
        self.folder.chmod(0o711)
        port = free_ports()
        self.url, self.sandbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        self.log = (self.folder / "demo.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port), "--people", str(people)],
            cwd=ROOT,
            env={**environment, "VAR_DIR": str(self.folder / "var")},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def wait_until_welcome(self, seconds: float = 60) -> None:
        wait_until(lambda: "The console" in self.output() or self.process.poll() is not None, seconds=seconds)
        assert self.process.poll() is None, self.output()

    def output(self) -> str:
        return (self.folder / "demo.log").read_text()

    def state(self) -> dict[str, Any]:
        """What the sandbox says of itself."""
        return dict(requests.get(f"{self.sandbox_url}/_sandbox/state", timeout=10).json())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_ports() -> int:
    """The first of four free ports in a row."""
    for _ in range(100):
        first = SystemRandom().randrange(20_000, 30_000, 10)
        if all(is_free(first + offset) for offset in range(4)):
            return first
    raise RuntimeError("no four free ports in a row")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
