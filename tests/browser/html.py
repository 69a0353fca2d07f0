"""The Nu HTML checker on what the console sends; it needs a Java runtime."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

JAR = Path(__file__).parents[2] / "node_modules/vnu-jar/build/dist/vnu.jar"
# htmx's attributes are no HTML.
FINE = "Attribute “hx-"


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
    command = ["java", "-Xss1m", "-jar", str(JAR), "--errors-only", "--format", "json", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return list(json.loads(told)["messages"])
