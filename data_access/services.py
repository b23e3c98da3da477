"""What a process has at hand: settings, database, Redis, clock. Built once by the composition root or a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redis import Redis

from data_access.db.engine import Database
from data_access.db.stores import Store, store_at
from data_access.settings import Settings

Clock = Callable[[], datetime]
"""Returns the aware present moment; tests pass their own."""


@dataclass(frozen=True, slots=True)
class Services:
    """Handed down from the composition root; nothing below builds its own."""

    settings: Settings
    database: Database
    redis: Redis
    clock: Clock

    @property
    def store(self) -> Store:
        """Where attachments are kept."""
        return store_at(self.settings.attachments_url, self.settings.data_dir)
