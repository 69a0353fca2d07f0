"""The one connection pool of this process to Redis, for what the cache of Django does not offer."""

from functools import cache

import redis
from django.conf import settings


@cache
def redis_client() -> redis.Redis:
    """Connects on first use, and again by itself after Redis was away."""
    return redis.Redis.from_url(settings.REDIS_URL)
