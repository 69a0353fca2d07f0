"""A sandbox in a process of its own, for the tests of whoever talks to Marketo or Salesforce."""

import json
import select
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

import requests

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
STOP_SECONDS = 10


def _first_line(process: subprocess.Popen[str]) -> str:
    """What it prints once it can be used; empty when it ended, or took too long."""
    if process.stdout is None:
        return ""
    readable, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    return process.stdout.readline() if readable else ""


class SandboxProcess:
    """A running ``python -m sandbox``; ``url`` is its http origin; the others are set if asked for."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.url: str = ready["http"]
        self.https_url: str = ready["https"] or ""
        self.smtp_port: int = ready["smtp_port"] or 0

    @classmethod
    def start(cls, *, errors: IO[str] | None = None, **options: object) -> Self:
        """Start on free ports and wait until it is ready; each option is a flag (``people=500``, ``smtp_port=0``).

        What it complains of goes to ``errors``, or to where this process complains.
        """
        flags = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        command = [sys.executable, "-m", "sandbox", *flags]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        line = _first_line(process)
        if not line:
            process.kill()
            process.communicate()
            raise RuntimeError(f"The sandbox did not start: {' '.join(command)}")
        return cls(process, json.loads(line))

    def get(self, path: str) -> Any:
        """The JSON answer to a GET, such as ``/_sandbox/state``; requests.HTTPError for an error status."""
        return self._json(requests.get(self.url + path, timeout=30))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer to a POST of a JSON object; requests.HTTPError for an error status."""
        return self._json(requests.post(self.url + path, json=body or {}, timeout=60))

    def delete(self, path: str) -> Any:
        return self._json(requests.delete(self.url + path, timeout=30))

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json()

    def reset(self) -> None:
        """Put everything back as it was at the start: people, org, switches, faults, clock, mail, tokens, jobs."""
        self.post("/_sandbox/reset")

    def stop(self) -> int:
        """End it the way a user does, and answer its exit code."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
