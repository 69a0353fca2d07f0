"""
Figures for Prometheus over all processes of a machine or container: each writes its own into files of one folder, and
whoever is asked adds them up. Those of processes that have ended stay in the sums: a counter must not fall.
"""

import fcntl
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

# In the place of a process's id: what those counted that have ended.
ENDED = "ended"


def is_allowed(authorization: str) -> bool:
    """For whoever holds METRICS_TOKEN as a bearer token; everybody where no token is set."""
    token = settings.METRICS_TOKEN
    return not token or constant_time_compare(authorization, f"Bearer {token}")


def figures_of_processes() -> bytes:
    """Of every process that shares the folder; of this one alone where there is none."""
    if not settings.METRICS_DIR:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    with _alone_in(Path(settings.METRICS_DIR)) as folder:
        _gather_the_ended(folder)
        MultiProcessCollector(registry, str(folder))
        return generate_latest(registry)


@contextmanager
def _alone_in(folder: Path) -> Iterator[Path]:
    """No other process adds up meanwhile."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            # Closing is not enough: a child that was forked meanwhile has the file open, too.
            fcntl.flock(lock, fcntl.LOCK_UN)


def _gather_the_ended(folder: Path) -> None:
    """Workers' children come and go: without this there would be a file for each that ever was."""
    for ready in folder.glob("*.ready"):
        _put_in_place(ready)
    ended: dict[str, list[Path]] = defaultdict(list)
    for path in folder.glob("*.db"):
        kind, _, owner = path.stem.rpartition("_")
        if owner != ENDED and not _lives(int(owner)):
            ended[kind].append(path)
    for kind, paths in ended.items():
        sums = folder / f"{kind}_{ENDED}.db"
        _put_in_place(_write_sums(sums, paths))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_sums(target: Path, ended: list[Path]) -> Path:
    """What will take the place of `target` and of the files that it adds up: in one piece, or not at all."""
    files = [*ended, *([target] if target.exists() else [])]
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    store = MmapedDict(str(draft))
    for metric in MultiProcessCollector.merge(map(str, files), accumulate=False):
        for sample in metric.samples:
            names, values = list(sample.labels), list(sample.labels.values())
            key = mmap_key(metric.name, sample.name, names, values, metric.documentation)
            store.write_value(key, sample.value, 0.0)
    store.close()
    target.with_suffix(".added").write_text("\n".join(path.name for path in ended))
    return draft.replace(target.with_suffix(".ready"))


def _put_in_place(ready: Path) -> None:
    """Whoever comes after a process that died in here does it to the end, so that nothing is added twice."""
    for name in ready.with_suffix(".added").read_text().splitlines():
        ready.with_name(name).unlink(missing_ok=True)
    ready.replace(ready.with_suffix(".db"))


class _Handler(WSGIRequestHandler):
    # Whoever says nothing for so long is hung up on.
    timeout = 10

    def log_message(self, *_: Any) -> None:
        """A line for each scrape says nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def answer_at(address: str) -> _Server:
    """A server in a thread of its own, for processes that have no web: at `host:port`, by the same token."""
    host, _, port = address.rpartition(":")
    server = make_server(host, int(port), _answer, _Server, _Handler)
    Thread(target=server.serve_forever, daemon=True, name="metrics").start()
    return server


def _answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if not is_allowed(environ.get("HTTP_AUTHORIZATION", "")):
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"403 Forbidden\n"]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [figures_of_processes()]
