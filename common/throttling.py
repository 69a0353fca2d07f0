"""One at a time, and so many in a while: shared by all processes, kept in Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Event, Thread

from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import LockNotOwnedError, RedisError
from redis.lock import Lock

from common.cache import REDIS_IS_AWAY
from common.redis_client import redis_client

# A process that dies while it holds a lock gives it back by then.
_LONGEST_SECONDS = 120
# The same for work of any length, which says every few seconds that it goes on.
_TURN_SECONDS = 20


_TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end redis.call('DECR', KEYS[1]) return 1"
# What is counted while Redis is away; of many names the oldest go.
_MEANWHILE = LocMemCache("hits-while-redis-is-away", {"OPTIONS": {"MAX_ENTRIES": 10_000}})


class HeldError(Exception):
    """Somebody else is doing it just now."""


def network_of(address: str) -> str:
    """Who counts as one visitor: who has one IPv6 address has the whole /64 network (RFC 6177)."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        # Proxies on both kinds of networks write IPv4 so.
        ip = ip.ipv4_mapped or ip
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip)


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Do something that only one process does at a time, such as `package-17`; raises HeldError, waits for nobody."""
    lock = Lock(redis_client(), f"lock:{name}", timeout=_LONGEST_SECONDS, blocking=False)
    if not lock.acquire():
        raise HeldError(name)
    try:
        yield
    finally:
        # After too long it is somebody else's.
        with suppress(LockNotOwnedError):
            lock.release()


@contextmanager
def turn(name: str) -> Iterator[None]:
    """As `exclusive`, for as long as it takes; a process that dies gives it back within seconds. Raises HeldError."""
    lock = Lock(redis_client(), f"turn:{name}", timeout=_TURN_SECONDS, blocking=False, thread_local=False)
    if not lock.acquire():
        raise HeldError(name)
    over = Event()
    keeper = Thread(target=_keep, args=(lock, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        with suppress(LockNotOwnedError):
            lock.release()


@contextmanager
def one_of(places: int, name: str) -> Iterator[None]:
    """As `turn`, for what so many do at a time. Raises HeldError when all places are taken."""
    with ExitStack() as taken:
        for place in range(1, places + 1):
            with suppress(HeldError):
                taken.enter_context(turn(f"{name}-{place}"))
                break
        else:
            raise HeldError(name)
        yield


def _keep(lock: Lock, over: Event) -> None:
    while not over.wait(_TURN_SECONDS / 4):
        # Without Redis for so long it is somebody else's; what two do at once is only slower.
        with suppress(RedisError):
            lock.reacquire()


def hit(name: str, *, seconds: int) -> int:
    """
    Count something that was done, and answer how often it was within `seconds` of its first time. While Redis is away
    each process counts for itself: a limit that is too wide, but nobody is locked out.
    """
    key = f"hits:{name}"
    try:
        with redis_client().pipeline() as transaction:
            # In one transaction: a count that expires in between would be one without an end.
            transaction.set(key, 0, ex=seconds, nx=True)
            transaction.incr(key)
            return int(transaction.execute()[-1])
    except REDIS_IS_AWAY:
        _MEANWHILE.add(key, 0, seconds)
        return _MEANWHILE.incr(key)


def take_back(name: str) -> None:
    """What `hit` counted was not done after all."""
    key = f"hits:{name}"
    try:
        is_taken_back = redis_client().eval(_TAKE_BACK, 1, key)
    except REDIS_IS_AWAY:
        is_taken_back = False
    # It was counted here, or is gone: its time is over, or Redis has lost it.
    if not is_taken_back:
        with suppress(ValueError):
            _MEANWHILE.decr(key)
