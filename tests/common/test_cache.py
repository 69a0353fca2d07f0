"""What stands in Redis is read only if this console has written it."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache, caches
from pytest_django import Settings

from common.redis_client import redis_client

pytestmark = pytest.mark.usefixtures("servers")


class Order:
    """What a stranger would have run by whoever reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("alias", ["default", "redis"])
@pytest.mark.parametrize("head", [b"", b"x" * 32])
def test_what_a_stranger_wrote_is_not_run(tmp_path: Path, alias: str, head: bytes) -> None:
    written = tmp_path / "written"
    redis_client().set(caches[alias].make_key("operations:workers"), head + pickle.dumps(Order(written)))
    assert caches[alias].get("operations:workers") is None
    assert not written.exists()


def test_what_is_written_here_is_read(settings: Settings) -> None:
    for value in ({"a": [1, 2]}, "text", 17, True, b"bytes"):
        cache.set("kept", value)
        assert cache.get("kept") == value
    cache.set("count", 1)
    assert cache.incr("count") == 2
    cache.set("kept", "text")
    settings.SECRET_KEY = "another" * 9
    assert cache.get("kept") is None
    assert cache.get_or_set("kept", "anew") == "anew"
