"""One at a time, and only so many in an hour."""

import threading

import pytest
from django.conf import settings
from redis import Redis

from common import throttling
from common.throttling import HeldError, exclusive, hit, network_of, one_of, take_back, turn
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("servers")


@pytest.fixture
def redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL)


def test_a_lock_is_given_back() -> None:
    with exclusive("package-1"), pytest.raises(HeldError), exclusive("package-1"):
        pass
    with exclusive("package-1"):
        pass


def test_whoever_takes_too_long_does_not_give_back_somebody_else_s_lock(redis: Redis) -> None:
    with exclusive("package-1"):
        redis.delete("lock:package-1")  # it took so long that the key expired
        others = exclusive("package-1")
        others.__enter__()
    with pytest.raises(HeldError), exclusive("package-1"):
        pass
    others.__exit__(None, None, None)


def test_a_turn_lasts_as_long_as_it_takes(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "_TURN_SECONDS", 2)
    with turn("calls-1"):
        with pytest.raises(HeldError), turn("calls-1"):
            pass
        redis.pexpire("turn:calls-1", 1_000)
        wait_until(lambda: redis.pttl("turn:calls-1") > 1_000)
    assert not redis.exists("turn:calls-1")
    with turn("calls-1"):
        # The process was thought dead, and another one has the turn by now.
        redis.set("turn:calls-1", "another")
    assert redis.get("turn:calls-1") == b"another"


def test_so_many_places_are_taken_and_given_back() -> None:
    for _time in range(2):
        with one_of(2, "posts-1"), one_of(2, "posts-1"), one_of(2, "posts-2"), pytest.raises(HeldError):
            one_of(2, "posts-1").__enter__()


def test_a_count_begins_anew_once_its_time_is_over(redis: Redis) -> None:
    assert [hit("links-1", seconds=60) for _time in range(3)] == [1, 2, 3]
    assert 0 < redis.ttl("hits:links-1") <= 60
    redis.delete("hits:links-1")
    assert hit("links-1", seconds=60) == 1


def test_a_count_that_expires_all_the_time_never_lives_for_ever(redis: Redis) -> None:
    """The race that a count in two steps loses: what is made between them has no end."""
    stop = threading.Event()

    def expire() -> None:
        while not stop.is_set():
            redis.delete("hits:links-1")

    rival = threading.Thread(target=expire)
    rival.start()
    try:
        for _time in range(300):
            assert hit("links-1", seconds=60) >= 1
    finally:
        stop.set()
        rival.join()
    hit("links-1", seconds=60)
    assert redis.ttl("hits:links-1") > 0


def test_what_was_not_done_is_taken_back(redis: Redis) -> None:
    hit("mails-1", seconds=60)
    hit("mails-1", seconds=60)
    take_back("mails-1")
    assert hit("mails-1", seconds=60) == 2
    take_back("never-counted")
    assert not redis.exists("hits:never-counted")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
    ],
)
def test_who_counts_as_one_visitor(address: str, network: str) -> None:
    assert network_of(address) == network
