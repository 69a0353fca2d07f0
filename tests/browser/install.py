"""`python -m tests.browser.install PACKAGE`: makes sure that a program of Debian is there, see PROGRAMS."""

import os
import shutil
import subprocess
import sys

# What tells that a package of Debian is there.
PROGRAMS = {
    "chromium-headless-shell": "chromium-headless-shell",
    "default-jre-headless": "java",
    "gettext": "xgettext",
}


def main() -> int:
    package = sys.argv[1]
    if shutil.which(PROGRAMS[package]):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {package} with apt-get (about 20 seconds) …", flush=True)
        _apt_get("update")
        _apt_get("install", "--yes", package)
        return 0
    if package == "chromium-headless-shell":
        print("Installing Playwright's own Chromium …", flush=True)
        return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode
    # The checks of the translations and of the pages' HTML say themselves what is missing.
    return 0


def _apt_get(*arguments: str) -> None:
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
