"""Builds the `Services` of a command-line process from its settings; the web process has `app.py`."""

from __future__ import annotations

from datetime import UTC, datetime

from data_access.db.engine import Database
from data_access.live import bus
from data_access.runtime import instance
from data_access.services import Services
from data_access.settings import Settings

DEPLOYMENT = "deployment"
"""Key in `meta` of which deployment the database holds; there once it is complete."""

NOBODY = "redis://127.0.0.1:9/0"
"""Where nobody answers: without a Redis, events wait in the outbox until a product runs."""


def services(settings: Settings) -> Services:
    """Database, Redis client and clock of this process; nothing is opened before it is used.

    Whoever writes events adds an outbox `Relay` on the two.
    """
    return Services(
        settings=settings,
        database=Database(settings.database),
        redis=bus.connect(redis_url(settings)),
        clock=now,
    )


def redis_url(settings: Settings) -> str:
    """The Redis in force: the one named, else that of the product running on this data folder, else nobody's."""
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    running = instance.find(settings.data_dir)
    return (running and running.redis) or NOBODY


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)  # noqa: TID251  # this is where the clock is read
