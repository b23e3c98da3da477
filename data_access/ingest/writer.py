"""The writer: looks at the devices again when they changed, evaluates a batch, commits it, and tells who watches.

Runs in one thread. An effect that was worked out is kept until it is written: a database that is away for a while
costs time, never an alarm. What can be written at no time is put aside (`parts.py`), so that it costs itself alone.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from data_access.commands import correlation
from data_access.commands.devices import fingerprint
from data_access.commands.readings import DeadLetter, apply, ensure_source, write_letters
from data_access.db.engine import DATABASE_ERRORS, is_conflict, is_refusal
from data_access.db.tables import to_ms
from data_access.events import Telemetry
from data_access.ingest.batch import TryAgain
from data_access.ingest.metrics import Metrics
from data_access.ingest.parts import ClockPart, Part, ReadingsPart, readdress
from data_access.ingest.payloads import Inbox, Intake, Limits, Reason, device_message
from data_access.ingest.registry import Registry, ensure_metrics
from data_access.ingest.rules import Effect, Engine
from data_access.ingest.states import load, recover
from data_access.live.bus import publish_telemetry, telemetry_wanted
from data_access.services import Services

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = timedelta(seconds=1)
_FRESHNESS_EVERY: Final = timedelta(seconds=1)
_CONFLICTS: Final = 5
"""How often a part is evaluated anew because another process wrote the same alarm."""
_WARY_S: Final = 600.0
"""How long after trouble each batch is evaluated with a copy of the state to go back to."""


class EngineWriter:
    """Owns the engine. `registry` may be read from the event loop; everything else is the writer thread's."""

    def __init__(self, services: Services, metrics: Metrics) -> None:
        self._services, self._metrics = services, metrics
        settings = services.settings
        self.limits = Limits(settings.future_tolerance_s * 1000, settings.readings_keep_days * 86_400_000)
        self._relate = partial(correlation.relate, within=timedelta(seconds=settings.confirm_within_s))
        self._inbox: Inbox | None = None  # the one taken last
        self._pending: Effect | None = None  # worked out, not written yet
        self._part: Part  # whose effect waits
        self._parts: list[Part] = []  # to do, the next one last
        self._letters: list[DeadLetter] = []  # of what had to be put aside
        self._reference = ""  # of the trouble in hand, for the log and the dead letters
        self._unwatched: set[int] = set()  # devices the clock cannot deal with, until devices are changed
        self._stale = False
        self._wary_until = 0.0
        self._looked = self._seen = datetime.fromtimestamp(0, tz=services.clock().tzinfo)
        self._ensure()
        self.engine = self._build()

    @property
    def registry(self) -> Registry:
        return self.engine.registry

    def write(self, inbox: Inbox) -> None:
        """Evaluate and commit; raise `TryAgain` when the database cannot be written now.

        What cannot be evaluated or written whenever it is tried becomes a dead letter; it never comes back as an
        error, so that nothing is delivered again and again for its sake.
        """
        begun = time.perf_counter()
        in_hand = self._waits and self._inbox is inbox
        self._finish()
        if in_hand:
            return
        now = self._services.clock()
        self._guard(lambda: self._prepare(inbox, now))
        seen = now if len(inbox) and now - self._seen >= _FRESHNESS_EVERY else None
        self._seen = seen or self._seen
        self._count(inbox)
        self._inbox = inbox
        self._take(ReadingsPart(inbox, now, seen))
        self._metrics.batch.observe(time.perf_counter() - begun)

    def tick(self, listening_since: datetime | None) -> None:
        """What the clock does, once a second: delays end, devices are found silent, changed devices are loaded."""
        self._finish()
        now = self._services.clock()
        self._guard(lambda: self._look(now))
        watched = None
        if self._unwatched:
            watched = [id_ for id_ in self.registry.ids.tolist() if id_ not in self._unwatched]
        self._take(ClockPart(now, listening_since, watched))

    @property
    def _waits(self) -> bool:
        """Whether a part of a batch could not be written yet."""
        return self._pending is not None or bool(self._parts or self._letters)

    def _take(self, part: Part) -> None:
        self._parts.append(part)
        self._finish()

    def _finish(self) -> None:
        """Write what waits: the effect that was worked out, then the parts of a batch in their order."""
        if self._pending is not None:
            self._try(self._write_pending, self._part, None)
        while self._parts:
            # After trouble there may be more: a copy to go back to is dear, reading everything anew is dearer.
            wary = time.monotonic() < self._wary_until
            self._renew()
            spare = self.engine.copy() if wary else None
            part = self._parts.pop()
            self._try(partial(self._commit, part), part, spare)
        if self._letters:
            self._write_letters()

    def _try(self, work: Callable[[], None], part: Part, spare: Engine | None) -> None:
        """Do `work` for `part`; when it fails for good, divide the part or put it aside."""
        try:
            work()
        except TryAgain:
            if self._pending is None:
                self._parts.append(part)
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the other readings must get through
            if spare is not None:
                self.engine, self._stale = spare, False
            self._put_apart(part, error)

    def _commit(self, part: Part) -> None:
        for attempt in range(_CONFLICTS):
            self._renew()
            self._stale = True  # should it fail half-way
            effect = part.evaluate(self.engine)
            self._stale = False
            self._pending, self._part = effect, part
            try:
                self._write_pending()
            except DATABASE_ERRORS as error:
                if not is_conflict(error) or attempt == _CONFLICTS - 1:
                    raise
                # Another process has written alarms of our devices: see things as they are now, evaluate once more.
                log.warning("ingest: another process serves some of these devices too; state loaded anew")
                self._metrics.retries.inc()
            else:
                return

    def _write_pending(self) -> None:
        """Write the effect that waits. Kept when the database is away; given up when it refuses."""
        effect = self._pending
        assert effect is not None  # noqa: S101  # callers have looked
        self._pending = None
        if effect.batch.empty:
            return
        try:
            with self._services.database.writing() as session:
                applied = apply(session, effect.batch, relate=self._relate)
        except Exception as error:
            if isinstance(error, DATABASE_ERRORS) and not is_refusal(error):
                self._pending = effect
                self._metrics.retries.inc()
                raise TryAgain(f"the database cannot be written ({error})") from error
            self._stale = True
            raise
        self.engine.note_alarms(effect, applied.alarms)
        self._metrics.readings.inc(applied.stored)
        self._metrics.repeated.inc(len(effect.batch.readings) - applied.stored)
        self._metrics.late.inc(effect.counts.late)
        if effect.heard is not None and telemetry_wanted(self._services.redis):
            told = Telemetry(area="", version=0, at=effect.batch.now, readings=effect.heard.readings())
            publish_telemetry(self._services.redis, told)

    def _put_apart(self, part: Part, error: Exception) -> None:
        """Divide what cannot be made true; what is one reading becomes a dead letter."""
        self._wary_until = time.monotonic() + _WARY_S
        if not self._reference:
            self._reference = secrets.token_hex(4)
            log.error(
                "ingest: a batch cannot be evaluated or written; looking for the readings that spoil it (reference %s)",
                self._reference,
                exc_info=error,
            )
        if halves := part.halves(self.registry):
            self._parts.extend(reversed(halves))
            return
        if isinstance(part, ClockPart):
            self._unwatched.update(part.ids or ())
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        why = f"reference {self._reference}: {type(cause).__name__}: {cause}"
        if letter := part.letter(self.registry, self._services.clock(), why):
            self._letters.append(letter)

    def _write_letters(self) -> None:
        """Keep all that had to be put aside: these are readings, and they can be sent again."""
        try:
            with self._services.database.writing() as session:
                write_letters(session, self._letters)
        except DATABASE_ERRORS as error:
            self._metrics.retries.inc()
            raise TryAgain(f"dead letters cannot be written ({error})") from error
        self._metrics.dead.labels(Reason.EVALUATION_FAILED).inc(len(self._letters))
        log.warning("ingest: %d put aside as dead letters (reference %s)", len(self._letters), self._reference)
        self._letters, self._reference = [], ""

    def _count(self, inbox: Inbox) -> None:
        self._metrics.messages.inc(inbox.messages)
        for reason, count in inbox.refused.items():
            self._metrics.dead.labels(reason).inc(count)

    def _renew(self) -> None:
        """See things as the database has them, when what we remember cannot be trusted."""
        if self._stale:
            self.engine = self._guard(self._build)
            self._stale = False

    def _prepare(self, inbox: Inbox, now: datetime) -> None:
        """Make the inbox speak of the devices as they are now."""
        if inbox.unknown:
            self._look(now, at_once=True)
        if inbox.registry is not self.registry:
            readdress(inbox, self.registry)
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
            self.engine, self._stale = self._build(), False
            self._unwatched.clear()
            log.info("ingest: %d devices loaded", len(self.registry))

    def _ensure(self) -> None:
        """Write what ingest itself needs to be there. Two processes may start at the same moment."""
        for last in (False, True):
            try:
                with self._services.database.writing() as session:
                    ensure_metrics(session)
                    ensure_source(session)
            except DATABASE_ERRORS as error:
                if last or not is_conflict(error):
                    raise
            else:
                return

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
