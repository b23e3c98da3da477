"""The keeper of the running figures: notes where something changed, counts again, tells every area above.

A task of the worker. It hears the bus like any reader; what it missed (it starts, Redis was away, midnight passed, an
incident became overdue, an import brought rows without events) it finds by counting everything once a minute. Only
figures that differ from those last told are published.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from redis import Redis, RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaRow
from data_access.domain.areas import PATH_STEP, lineage
from data_access.events import CountersChanged
from data_access.live import bus
from data_access.live.audience import DECODER, Alarm, Devices, Incident
from data_access.queries.counters import counters
from data_access.queries.snapshot import counter_events

log = logging.getLogger(__name__)

EVERY_S: Final = 0.2
ALL_EVERY_S: Final = 60.0
FADE: Final = timedelta(seconds=5)
FIRST_LEVELS: Final = 3
_STEADY: Final = frozenset({"devices.total", "cameras.total", "cameras.delivering"})
_MS: Final = timedelta(milliseconds=1)


class CountersKeeper:
    """Call `step` every `EVERY_S` seconds from one thread."""

    def __init__(self, database: Database, redis: Redis, *, maxlen: int = bus.DEFAULT_MAXLEN) -> None:
        self._database = database
        self._redis = redis
        self._maxlen = maxlen
        self._channel: Any = None
        self._told: dict[str, dict[str, int]] = {}
        self._dirty: set[str] = set()
        self._count_all_at = 0.0
        self._last_at: datetime | None = None
        self._faded_at = datetime.min.replace(tzinfo=UTC)

    def step(self, now: datetime) -> int:
        """Take what the bus brought and publish what it changed; return how many areas were told. Never raises."""
        try:
            self._listen()
            if time.monotonic() >= self._count_all_at:
                self._count_all_at = time.monotonic() + ALL_EVERY_S
                return self._publish(now, everything=True)
            self._let_fade(now)
            return self._publish(now, everything=False) if self._dirty else 0
        except (RedisError, OSError) as error:
            if self._channel is not None:
                log.warning("counters: the bus is away (%s)", type(error).__name__)
            self._channel = None
            return 0

    def _let_fade(self, now: datetime) -> None:
        """Look again where something was new: no event tells that it has grown old."""
        if now - self._faded_at >= FADE:
            self._faded_at = now
            self._dirty.update(path for path, figures in self._told.items() if figures["alarms.new"])

    def _listen(self) -> None:
        if self._channel is None:
            channel: Any = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
            channel.subscribe(bus.EVENTS)
            channel.get_message(timeout=1.0)  # the subscription stands before anything is counted
            self._channel = channel
            self._count_all_at = 0.0
        while (message := self._channel.get_message(timeout=0.0)) is not None:
            self._note(message["data"].partition(b" ")[2])

    def _note(self, body: bytes) -> None:
        try:
            event = DECODER.decode(body)
        except msgspec.DecodeError:
            return
        if isinstance(event, Alarm | Incident):
            self._dirty.add(event.area)
        elif isinstance(event, Devices):
            self._dirty.update(device.area for device in event.devices)

    def _publish(self, now: datetime, *, everything: bool) -> int:
        at = max(now, self._last_at + _MS) if self._last_at else now  # the version must grow
        dirty, self._dirty = self._dirty, set()
        try:
            with self._database.reading() as session:
                events = self._changed(session, at, None if everything else dirty)
            for start in range(0, len(events), 500):
                bodies = [event.model_dump_json() for event in events[start : start + 500]]
                bus.publish(self._redis, bodies, maxlen=self._maxlen)
                self._told.update((event.area, event.counters) for event in events[start : start + 500])
        except (RedisError, OSError):
            self._dirty |= dirty
            raise
        self._last_at = at
        return len(events)

    def _changed(self, session: Session, at: datetime, dirty: set[str] | None) -> list[CountersChanged]:
        """Events of the areas whose figures are not those last told; None looks at all areas."""
        if dirty is None:
            paths = set(session.scalars(select(AreaRow.path)))
        else:
            paths = {above for path in dirty for above in lineage(path)}
        events: list[CountersChanged] = []
        starting = not self._told
        for root in sorted({path[:PATH_STEP] for path in paths}):
            inside = sorted(path for path in paths if path.startswith(root))
            figures = counters(session, inside, root, now=at)
            fresh = [path for path in inside if figures[path] != self._told.get(path)]
            if starting:  # the quiet leaves are many, and whoever opens one gets a snapshot
                self._told.update((path, figures[path]) for path in fresh)
                fresh = [path for path in fresh if len(path) <= FIRST_LEVELS * PATH_STEP or _is_busy(figures[path])]
            events += counter_events(fresh, figures, at)
        return events


def _is_busy(figures: dict[str, int]) -> bool:
    return any(n for key, n in figures.items() if key not in _STEADY)
