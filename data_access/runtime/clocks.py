"""What the worker does, and how often."""

from __future__ import annotations

from data_access.live.outbox import Relay
from data_access.runtime.worker import Task
from data_access.services import Services


def tasks(services: Services) -> list[Task]:
    """Everything that happens by the clock, most frequent first."""
    relay = Relay(services.database, services.redis, maxlen=services.settings.stream_maxlen)
    return [
        Task(name="outbox", every_s=2.0, run=relay.sweep),
    ]
