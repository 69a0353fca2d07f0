"""Django's cache in Redis, which goes on in this process alone while Redis does not answer."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSilent

REDIS_IS_AWAY = (RedisGone, RedisSilent)


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
        try:
            return super().get(key, default, version)
        except REDIS_IS_AWAY:
            return self._meanwhile.get(key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        try:
            super().set(key, value, timeout, version)
        except REDIS_IS_AWAY:
            self._meanwhile.set(key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        try:
            return super().delete(key, version)
        except REDIS_IS_AWAY:
            return self._meanwhile.delete(key, version)
