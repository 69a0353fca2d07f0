"""`python -m tests.browser.install`: makes sure a Chromium is there, and gettext for the translation check."""

import os
import shutil
import subprocess
import sys

PACKAGES = {"chromium": "chromium", "xgettext": "gettext"}


def main() -> int:
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if not missing:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(missing)} with apt-get …", flush=True)
        _apt_get("update")
        _apt_get("install", "--yes", *missing)
        return 0
    if "chromium" in missing:
        print("Installing Playwright's own Chromium …", flush=True)
        return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode
    return 0


def _apt_get(*arguments: str) -> None:
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
