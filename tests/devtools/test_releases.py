"""A migration that was released is never edited again."""

import shutil
from pathlib import Path

import pytest

from devtools import releases

EDITED = "sync/migrations/0001_release_1_0_0.py"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations in a folder of the test's own."""
    for _version, _digest, path in releases.released():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(releases.ROOT / path, tmp_path / path)
    monkeypatch.setattr(releases, "ROOT", tmp_path)
    return tmp_path


def test_every_migration_is_as_it_was_released() -> None:
    assert {version for version, _digest, _path in releases.released()} >= {"1.0.0"}
    assert list(releases.check()) == []


def test_an_edited_one_and_one_that_is_gone_are_named(copy: Path) -> None:
    (copy / EDITED).write_text("# edited")
    (copy / "accounts/migrations/0001_release_1_0_0.py").unlink()
    gone, edited = releases.check()
    assert "accounts/migrations/0001_release_1_0_0.py was released with 1.0.0 and is gone" in gone
    assert f"{EDITED} was released with 1.0.0 and was edited" in edited


def test_a_release_takes_in_what_is_new(copy: Path) -> None:
    (copy / "sync/migrations/0002_more.py").write_text("# new")
    [(version, _digest, path)] = releases.new_lines("1.1.0")
    assert (version, path) == ("1.1.0", "sync/migrations/0002_more.py")
