"""What the worker does, and how often."""

from __future__ import annotations

from data_access.live.outbox import Relay
from data_access.runtime.counters import EVERY_S, CountersKeeper
from data_access.runtime.worker import Task
from data_access.services import Services


def tasks(services: Services) -> list[Task]:
    """Everything that happens by the clock, most frequent first."""
    maxlen = services.settings.stream_maxlen
    relay = Relay(services.database, services.redis, maxlen=maxlen)
    keeper = CountersKeeper(services.database, services.redis, maxlen=maxlen)
    return [
        Task(name="counters", every_s=EVERY_S, run=keeper.step),
        Task(name="outbox", every_s=2.0, run=relay.sweep),
    ]
