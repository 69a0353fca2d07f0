"""Static files: what production collects is whole, and what pages ask for is there."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from pytest_django import Settings


def test_everything_can_be_collected_for_production(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    manifest = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": manifest}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()


@pytest.mark.parametrize("name", ["tabler/css/tabler.min.css", "source-sans-3/index.css", "htmx/htmx.min.js"])
def test_the_packages_hold_what_pages_link_to(name: str) -> None:
    assert finders.find(name)
