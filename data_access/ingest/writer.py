"""The writer: looks at the devices again when they changed, evaluates a batch, commits it, and tells who watches.

Runs in one thread. An effect that was worked out is kept until it is written: a database that is away for a while
costs time, never an alarm.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from data_access.commands.devices import fingerprint
from data_access.commands.readings import apply, ensure_source
from data_access.db.engine import DATABASE_ERRORS, INTEGRITY_ERRORS
from data_access.db.tables import to_ms
from data_access.events import Telemetry
from data_access.ingest.batch import TryAgain
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox, Intake, Limits, Reason, device_message
from data_access.ingest.registry import Registry, ensure_metrics
from data_access.ingest.rules import Effect, Engine
from data_access.ingest.states import load, recover
from data_access.live.bus import publish_telemetry
from data_access.services import Services

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = timedelta(seconds=1)
_FRESHNESS_EVERY: Final = timedelta(seconds=1)


class EngineWriter:
    """Owns the engine. `registry` may be read from the event loop; everything else is the writer thread's."""

    def __init__(self, services: Services, metrics: Metrics) -> None:
        self._services, self._metrics = services, metrics
        settings = services.settings
        self.limits = Limits(settings.future_tolerance_s * 1000, settings.readings_keep_days * 86_400_000)
        self._pending: Effect | None = None
        self._pending_of: Inbox | None = None  # whose effect waits; None for the clock's
        self._looked = self._seen = datetime.fromtimestamp(0, tz=services.clock().tzinfo)
        with services.database.writing() as session:
            ensure_metrics(session)
            ensure_source(session)
        self.engine = self._build()

    @property
    def registry(self) -> Registry:
        return self.engine.registry

    def write(self, inbox: Inbox) -> None:
        """Evaluate and commit; raise `TryAgain` when the database cannot be written now."""
        begun = time.perf_counter()
        if self._pending is not None:
            same = self._pending_of is inbox
            self._finish_pending()
            if same:
                return
        now = self._services.clock()
        self._guard(lambda: self._prepare(inbox, now))
        seen = now if len(inbox) and now - self._seen >= _FRESHNESS_EVERY else None
        effect = self.engine.evaluate(inbox, now, seen=seen)
        self._seen = seen or self._seen
        self._metrics.messages.inc(inbox.messages)
        for reason, count in inbox.refused.items():
            self._metrics.dead.labels(reason).inc(count)
        self._commit(effect, lambda: self.engine.evaluate(inbox, now, seen=seen), inbox)
        self._metrics.batch.observe(time.perf_counter() - begun)

    def tick(self, listening_since: datetime | None) -> None:
        """What the clock does, once a second: delays end, devices are found silent, changed devices are loaded."""
        self._finish_pending()
        now = self._services.clock()
        self._guard(lambda: self._look(now))
        effect = self.engine.tick(now, listening_since=listening_since)
        if effect.batch.steps or effect.batch.states or effect.batch.changed:
            self._commit(effect, lambda: self.engine.tick(now, listening_since=listening_since), None)

    def _commit(self, effect: Effect, again: Callable[[], Effect], inbox: Inbox | None) -> None:
        self._pending, self._pending_of = effect, inbox
        try:
            self._finish_pending()
        except INTEGRITY_ERRORS:
            # Another process has written alarms of our devices: see things as they are now, and evaluate once more.
            log.warning("ingest: another process serves some of these devices too; state loaded anew")
            self._metrics.retries.inc()
            self.engine = self._guard(self._build)
            if inbox is not None:
                _readdress(inbox, self.registry)
            self._pending = again()
            try:
                self._finish_pending()
            except INTEGRITY_ERRORS as error:
                raise TryAgain("two processes write the same alarm") from error

    def _finish_pending(self) -> None:
        """Write the effect that waits, if one does."""
        effect = self._pending
        if effect is None:
            return
        try:
            with self._services.database.writing() as session:
                applied = apply(session, effect.batch)
        except INTEGRITY_ERRORS:
            self._pending = None
            raise
        except DATABASE_ERRORS as error:
            self._metrics.retries.inc()
            raise TryAgain(f"the database cannot be written ({error})") from error
        self._pending = None
        self.engine.note_alarms(effect, applied.alarms)
        self._metrics.readings.inc(applied.stored)
        self._metrics.repeated.inc(len(effect.batch.readings) - applied.stored)
        self._metrics.late.inc(effect.counts.late)
        if effect.telemetry:
            publish_telemetry(
                self._services.redis, Telemetry(area="", version=0, at=effect.batch.now, readings=effect.telemetry)
            )

    def _prepare(self, inbox: Inbox, now: datetime) -> None:
        """Make the inbox speak of the devices as they are now."""
        if inbox.unknown:
            self._look(now, at_once=True)
        if inbox.registry is not self.registry:
            _readdress(inbox, self.registry)
        unknown, inbox.unknown = inbox.unknown, []
        for message in unknown:
            found = (self.registry.by_token if message.token else self.registry.by_name).get(message.name)
            intake = Intake(
                inbox,
                self.limits,
                now,
                to_ms(now),
                source=message.source,
                topic=message.topic,
                payload=message.payload,
            )
            if found is None:
                intake.refuse(Reason.UNKNOWN_DEVICE, None if message.token else message.name[:100])
            else:
                device_message(intake, found, message.body, to_ms(now))

    def _look(self, now: datetime, *, at_once: bool = False) -> None:
        """Load devices anew when some were added or changed."""
        if now - self._looked < _LOOK_EVERY and not at_once:
            return
        self._looked = now
        with self._services.database.reading() as session:
            same = fingerprint(session) == self.registry.fingerprint
        if not same:
            with self._services.database.writing() as session:
                ensure_metrics(session)
            self.engine = self._build()
            log.info("ingest: %d devices loaded", len(self.registry))

    def _build(self) -> Engine:
        with self._services.database.reading() as session:
            return build_engine(session, self._services.clock(), self.limits)

    def _guard(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except DATABASE_ERRORS as error:
            self._metrics.retries.inc()
            raise TryAgain(f"the database cannot be read ({error})") from error


def build_engine(session: Session, now: datetime, limits: Limits) -> Engine:
    """An engine that knows what the database knows."""
    engine = Engine(Registry(session))
    load(engine, session, oldest=now - timedelta(milliseconds=limits.keep_ms))
    recover(engine, session)
    return engine


def _readdress(inbox: Inbox, registry: Registry) -> None:
    """Let an inbox that was filled under an older picture of the devices speak of the new one."""
    old = inbox.registry
    device = {i: registry.by_id.get(id_, -1) for i, id_ in enumerate(old.ids.tolist())}
    metric = {i: registry.metrics.get(key, -1) for i, key in enumerate(old.metric_keys)}
    kept = [
        (device[d], metric[m], ts, value, original)
        for d, m, ts, value, original in zip(
            inbox.device, inbox.metric, inbox.ts, inbox.value, inbox.original, strict=True
        )
        if device[d] >= 0 and metric[m] >= 0
    ]
    inbox.registry = registry
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[], [], [], [], []]
    inbox.device, inbox.metric, inbox.ts, inbox.value, inbox.original = columns
    inbox.runs = {device[i]: run for i, run in inbox.runs.items() if device[i] >= 0}
