"""
Django's cache in Redis, which goes on in this process alone while Redis does not answer, and believes nothing that
somebody else has written there.
"""

import hmac
import pickle
from contextlib import suppress
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisSerializer
from django.utils.crypto import salted_hmac
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisSilent

# Also one that answers and refuses: full, or unable to save because its disk is (redis.io, "Redis persistence").
REDIS_IS_AWAY = (RedisGone, RedisSilent, ResponseError)
_SALT = "common.cache.1"
_SIGNATURE_BYTES = 32


class SignedSerializer(RedisSerializer):
    """
    Values with a signature by SECRET_KEY. Reading a pickle runs whatever its writer likes, and Redis is on a network,
    in Docker Compose without a password: without it whoever could write there had every process, and so the keys of all
    secrets. What somebody else has written is as good as not there.
    """

    def dumps(self, obj: Any) -> Any:
        pickled: bytes | int = super().dumps(obj)
        # Whole numbers stay what they are: Redis counts on with them.
        return pickled if isinstance(pickled, int) else _signature(pickled) + pickled

    def loads(self, data: Any) -> Any:
        with suppress(ValueError):
            return int(data)
        signature, pickled = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        is_ours = hmac.compare_digest(signature, _signature(pickled))
        return pickle.loads(pickled) if is_ours else None  # noqa: S301  written by this console


def _signature(pickled: bytes) -> bytes:
    return salted_hmac(_SALT, pickled, algorithm="sha256").digest()


class ForgivingRedisCache(RedisCache):
    """
    For limits, answers and tokens, which may be counted, asked or fetched once more. Signing in needs the limits: each
    process keeps its own until Redis is back.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._meanwhile = LocMemCache("while-redis-is-away", params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        try:
            return super().add(key, value, timeout, version)
        except REDIS_IS_AWAY:
            return self._meanwhile.add(key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """What was kept here counts until its time is over: a Redis that is full reads, and does not know of it."""
        found = None
        with suppress(*REDIS_IS_AWAY):
            found = super().get(key, None, version)
        return self._meanwhile.get(key, default, version) if found is None else found

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except REDIS_IS_AWAY:
            self._meanwhile.set(key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        was_here = self._meanwhile.delete(key, version)
        with suppress(*REDIS_IS_AWAY):
            return super().delete(key, version) or was_here
        return was_here
