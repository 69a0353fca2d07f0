"""How fast a sync is beside dlt, which loads files into databases for a living.

``python -m tests.load.bench_peer --people N`` starts its own servers, sandbox and worker, syncs everybody, lets dlt
load the files of the same exports into the same PostgreSQL, and prints ``name: value`` lines. dlt reads Marketo alone,
and judges, compares and proves nothing. It is installed apart, by ``make bench-peer``.
"""

import subprocess
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.testing import ROOT, SandboxProcess
from tests.load.bench import in_a_setting

PYTHON = ROOT / "var" / "peer" / "bin" / "python"
SCRIPT = Path(__file__).with_name("peer.py")


def main() -> None:
    with in_a_setting("python -m tests.load.bench_peer", __doc__) as (sandbox, folder):
        from django.conf import settings

        # Only now: they import models.
        from tests.load.measuring import durations, first_run

        run, _peak = first_run(sandbox, folder)
        busy, _waited = durations(run)
        exports = list(run.extracts.filter(source="marketo_people").order_by("pk").values_list("remote_id", flat=True))
        seconds = peer_seconds(sandbox, settings.DATABASE_URL, exports, folder)
        figures = {
            "people": run.seen,
            "sync_people_per_s": round(run.seen / busy),
            "peer_people_per_s": round(run.seen / seconds),
            "ratio_to_peer": round(seconds / busy, 1),
        }
        for name, value in figures.items():
            print(f"{name}: {value}")


def peer_seconds(sandbox: SandboxProcess, database_url: str, exports: list[str], folder: Path) -> float:
    """How long dlt takes, with all that it keeps in `folder`."""
    command = [str(PYTHON), str(SCRIPT), sandbox.url, _as_host(database_url), *exports]
    environment = {"HOME": str(folder), "RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(folder / "dlt")}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def _as_host(database_url: str) -> str:
    """The same address with the folder of the socket where dlt looks for a host."""
    parts = urlsplit(database_url)
    [folder] = parse_qs(parts.query)["host"]
    return f"postgresql://{parts.username}:none@{quote(folder, safe='')}{parts.path}"


if __name__ == "__main__":
    main()
