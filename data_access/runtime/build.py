"""Builds the `Services` of a command-line process from its settings; the web process has `app.py`."""

from __future__ import annotations

from datetime import UTC, datetime

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from data_access.db.engine import Database
from data_access.runtime import instance
from data_access.services import Services
from data_access.settings import Settings

NOBODY = "redis://127.0.0.1:9/0"
"""Where nobody answers: without a Redis, events wait in the outbox until a product runs."""


def services(settings: Settings) -> Services:
    """Database, Redis client and clock of this process; nothing is opened before it is used."""
    return Services(
        settings=settings,
        database=Database(settings.database),
        redis=redis_client(redis_url(settings)),
        clock=now,
    )


def redis_url(settings: Settings) -> str:
    """The Redis in force: the one named, else that of the product running on this data folder, else nobody's."""
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    running = instance.find(settings.data_dir)
    return (running and running.redis) or NOBODY


def redis_client(url: str) -> Redis:
    """A client that gives up quickly: a writer must never hang on a Redis that is away."""
    return Redis.from_url(url, socket_connect_timeout=1.0, socket_timeout=5.0, retry=Retry(NoBackoff(), 1))


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)  # noqa: TID251  # this is where the clock is read
