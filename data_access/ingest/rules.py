"""The engine: what every device last said and which conditions stand, as arrays; readings in, their effect out.

A batch is classified as a whole (thresholds of every rule that looks at each reading). Nearly all readings are normal
and find nothing remembered; only the others go through their `Condition` one by one. Nothing here touches the
database: `states.py` fills an engine from it and `commands.readings.apply` writes what `evaluate` returns. An engine
belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data_access.commands.alarms import Key, Step
from data_access.commands.readings import Batch, DeadLetter, Floats, Ints, Readings, State
from data_access.db.tables import from_ms, to_ms
from data_access.domain.alarm_rules import OFFLINE, AlarmRule
from data_access.domain.alarms import AlarmAction, Severity
from data_access.domain.conditions import Condition, Event, Turn
from data_access.domain.devices import LOW_BATTERY_PCT, MISSED_PERIODS, DeviceStatus
from data_access.events import DeviceState
from data_access.ingest.payloads import Inbox
from data_access.ingest.places import with_distances
from data_access.ingest.registry import NONE, Registry
from data_access.ingest.states import STATES_EVERY_MS, state_rows, statuses_of

_SEGMENT: Final = 1 << 43  # more than any time in milliseconds; keeps the segments of a running maximum apart
_ACTIONS: Final = {Turn.STANDS: None, Turn.AGAIN: AlarmAction.RETRIGGER, Turn.GONE: AlarmAction.CLEAR}
_NO_READINGS: Final = Readings(
    **dict.fromkeys(("device_id", "metric_id", "ts", "original_ts"), np.zeros(0, dtype=np.int64)),
    value=np.zeros(0),
    fresh=np.zeros(0, dtype=bool),
)
MAX_OFFLINE: Final = 500
"""Most devices one tick of the clock declares silent, so that a large outage does not hold up alarms."""


@dataclass(slots=True)
class Counts:
    """What became of the readings of a batch."""

    late: int = 0
    repeated: int = 0


@dataclass(slots=True)
class _Work:
    """What one evaluation gathers."""

    now: datetime
    steps: list[Step] = field(default_factory=list)
    suspects: dict[int, int] = field(default_factory=dict)  # devices whose status may differ → ts of the reading
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Heard:
    """Which devices a batch heard and what they are since; put into words only when somebody listens."""

    registry: Registry
    device: Ints
    ts: Ints
    status: Ints

    def readings(self) -> tuple[tuple[int, str, int, int], ...]:
        """The last reading of each device, as `Telemetry` has them."""
        last = len(self.device) - 1 - np.unique(self.device[::-1], return_index=True)[1]
        device = self.device[last]
        paths = [self.registry.paths[i] for i in device.tolist()]
        ids, ts, status = self.registry.ids[device], self.ts[last], self.status[last]
        return tuple(zip(ids.tolist(), paths, ts.tolist(), status.tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A batch to write, what pages that watch values are told, and what to count."""

    batch: Batch
    heard: Heard | None = None
    counts: Counts = field(default_factory=Counts)


class Engine:
    """State of all devices of a registry. `evaluate` and `tick` change it; the effect they return is to be written."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        devices, metrics = len(registry), len(registry.metrics)
        self.cell_ts: Ints = np.zeros((devices, metrics), dtype=np.int64)  # by the rules' clock (original for replays)
        self.cell_value: Floats = np.full((devices, metrics), np.nan)
        self.status: Ints = np.full(devices, int(DeviceStatus.NEVER_SEEN), dtype=np.int64)
        self.version: Ints = np.zeros(devices, dtype=np.int64)
        self.last_ts: Ints = np.zeros(devices, dtype=np.int64)
        self.last_seen: Ints = np.zeros(devices, dtype=np.int64)
        self.awake = np.zeros(devices * registry.stride, dtype=bool)  # slots whose condition remembers something
        self.conditions: dict[int, Condition] = {}
        self.delayed: dict[int, int] = {}  # slots in which a delay runs, and when it ends
        self.latest: dict[int, int] = {}  # slot → its newest alarm
        self.runs: dict[int, str] = {}
        self.dirty: set[int] = set()
        self._states_taken = 0
        self.replay = np.array(registry.replay, dtype=bool)

    def evaluate(self, inbox: Inbox, now: datetime, *, seen: datetime | None = None) -> Effect:
        """Take all readings of `inbox`, in the order of arrival."""
        work = _Work(now)
        if not inbox.ts:
            return self._effect(work, _NO_READINGS, inbox.letters, seen)
        self._start_runs(inbox.runs, work)
        device = np.array(inbox.device, dtype=np.int64)
        metric = np.array(inbox.metric, dtype=np.int64)
        ts = np.array(inbox.ts, dtype=np.int64)
        value = np.array(inbox.value, dtype=np.float64)
        original = np.array(inbox.original, dtype=np.int64)
        if self.registry.fenced.any():
            device, metric, ts, value, original = with_distances(self.registry, device, metric, ts, value, original)
        clock = np.where(original > 0, original, ts)
        fresh, repeated = self._apply_values(device, metric, clock, value)
        work.counts.late = int(len(ts) - fresh.sum() - repeated)
        work.counts.repeated = repeated
        self.last_seen[device] = to_ms(now)
        np.maximum.at(self.last_ts, device[fresh], ts[fresh])
        self._wake(device, ts, work)
        where = np.flatnonzero(fresh)
        self._note_batteries(device[where], metric[where], ts[where], value[where], work)
        self._evaluate_rules(device[where], metric[where], ts[where], clock[where], value[where], work)
        self.dirty.update(np.unique(device).tolist())
        readings = Readings(
            device_id=self.registry.ids[device],
            metric_id=self.registry.metric_ids[metric],
            ts=ts,
            value=value,
            original_ts=original,
            fresh=fresh,
        )
        return self._effect(work, readings, inbox.letters, seen, (device, ts))

    def copy(self) -> Engine:
        """The same memory once more, to go back to when an evaluation fails half-way."""
        return deepcopy(self, {id(self.registry): self.registry})

    def tick(self, now: datetime, *, listening_since: datetime | None, only: Collection[int] | None = None) -> Effect:
        """Let delays end and find silent devices; of all devices, or `only` of these.

        `listening_since` is when we began to hear the broker without a break: silence before that was ours. None
        while we hear nothing, and then nobody is declared silent.
        """
        work = _Work(now)
        at = to_ms(now)
        for slot in sorted(slot for slot, ends in self.delayed.items() if ends <= at):
            device, place = divmod(slot, self.registry.stride)
            if self.replay[device] or (only is not None and device not in only):
                continue  # a replay runs on its own times; its next reading ends its delays
            rule = self.registry.profiles[self.registry.profile[device]][place]
            events = list(self.conditions[slot].expire(rule, at))
            if events:
                self._note(slot, device, rule, events, None, 0, work)
        if listening_since is not None:
            self._find_silent(at, to_ms(listening_since), only, work)
        return self._effect(work, _NO_READINGS, [], None)

    def note_alarms(self, effect: Effect, alarms: dict[Key, int]) -> None:
        """Remember the ids that writing `effect` gave."""
        for step in effect.batch.steps:
            device = self.registry.by_id[step.device_id]
            if (found := alarms.get((step.device_id, step.kind))) is not None:
                self.latest[self.slot(device, step.kind)] = found

    def slot(self, device: int, kind: str) -> int:
        """The slot of alarm `kind` of a device; -1 when its rules have no such kind any more."""
        base = device * self.registry.stride
        if kind == OFFLINE:
            return base + self.registry.stride - 1
        rules = self.registry.profiles[self.registry.profile[device]]
        return next((base + place for place, rule in enumerate(rules) if rule.alarm == kind), NONE)

    def remember(self, slot: int, condition: Condition) -> None:
        """Put a condition in place, when an engine is built or after it changed."""
        rule = self._rule(slot)
        if condition.quiet:
            self.conditions.pop(slot, None)
            self.awake[slot] = False
            self.delayed.pop(slot, None)
            return
        self.conditions[slot] = condition
        self.awake[slot] = True
        ends = condition.deadline(rule) if rule is not None else None
        if ends is not None:
            self.delayed[slot] = ends
        else:
            self.delayed.pop(slot, None)

    def take_dirty(self, now: int, urgent: Collection[int]) -> list[State]:
        """States to write: those of `urgent` devices at once, the others when the last time is a while ago.

        The newest values are therefore right within `STATES_EVERY_MS`; after a crash `states.recover` reads what was
        not written from the readings themselves.
        """
        if now - self._states_taken >= STATES_EVERY_MS:
            self._states_taken = now
            taken = sorted(self.dirty)
            self.dirty.clear()
        else:
            taken = sorted(urgent)
            self.dirty.difference_update(taken)
        return state_rows(self, taken) if taken else []

    def device_conditions(self, device: int) -> Iterable[tuple[AlarmRule | None, Condition]]:
        """What is remembered of a device, with its rules (None: its silence)."""
        base = device * self.registry.stride
        for place in np.flatnonzero(self.awake[base : base + self.registry.stride]).tolist():
            yield self._rule(base + place), self.conditions[base + place]

    def _apply_values(self, device: Ints, metric: Ints, clock: Ints, value: Floats) -> tuple[NDArray[np.bool_], int]:
        """Tell which readings are newer than all before them of their device and metric, and keep their values.

        In the order of arrival, also within the batch: how readings were batched must not matter.
        """
        cells = device * len(self.registry.metrics) + metric
        known = self.cell_ts.reshape(-1)
        order = np.argsort(cells, kind="stable")
        cell, at = cells[order], clock[order]
        first = np.concatenate(([True], cell[1:] != cell[:-1]))
        lifted = np.cumsum(first) * _SEGMENT
        highest = np.maximum.accumulate(at + lifted)
        before = np.concatenate(([0], highest[:-1])) - lifted
        before = np.maximum(np.where(first, 0, before), known[cell])
        is_fresh = at > before
        newest = np.flatnonzero(is_fresh)
        known[cell[newest]] = at[newest]  # of several for one cell the last assigned stays: the newest
        self.cell_value.reshape(-1)[cell[newest]] = value[order][newest]
        fresh = np.empty(len(clock), dtype=bool)
        fresh[order] = is_fresh
        return fresh, int(np.count_nonzero(at == before))

    def _evaluate_rules(self, device: Ints, metric: Ints, ts: Ints, clock: Ints, value: Floats, work: _Work) -> None:
        registry = self.registry
        profile = registry.profile[device]
        for rank in range(registry.place.shape[2]):
            place = registry.place[profile, metric, rank]
            chosen = np.flatnonzero(place != NONE)
            if not len(chosen):
                continue
            rule = registry.rule[profile[chosen], metric[chosen], rank]
            severity = self._severities(rule, value[chosen])
            slot = device[chosen] * registry.stride + place[chosen]
            hot = (severity > 0) | self.awake[slot]
            if not hot.any():
                continue
            known = self.awake[slot[hot]]
            self.awake[slot[hot]] = True  # marks the slot, so that its other readings of this batch are followed too
            follow = np.flatnonzero(self.awake[slot])
            self.awake[slot[hot]] = known
            at = chosen[follow]
            columns = (slot[follow], device[at], ts[at], clock[at], value[at], severity[follow])
            for s, d, t, c, v, worst in zip(*(column.tolist() for column in columns), strict=True):
                self._follow(s, d, t, c, v, worst, work)

    def _severities(self, rule: Ints, value: Floats) -> Ints:
        thresholds, severities = self.registry.thresholds, self.registry.severities
        high = self.registry.high[rule]
        worst = np.zeros(len(rule), dtype=np.int64)
        for level in range(thresholds.shape[1]):
            threshold = thresholds[rule, level]
            reached = np.where(high, value >= threshold, value < threshold)
            np.maximum(worst, np.where(reached, severities[rule, level], 0), out=worst)
        return worst

    def _follow(self, slot: int, device: int, ts: int, clock: int, value: float, severity: int, work: _Work) -> None:
        condition = self.conditions.get(slot) or Condition()
        rule = self._rule(slot)
        assert rule is not None  # noqa: S101  # silence has no readings
        events = list(condition.read(rule, clock, value, Severity(severity)))
        self.conditions[slot] = condition
        self._note(slot, device, rule, events, ts, clock, work)

    def _note(
        self,
        slot: int,
        device: int,
        rule: AlarmRule,
        events: Iterable[Event],
        ts: int | None,
        clock: int,
        work: _Work,
    ) -> None:
        """Turn what happened to a condition into steps of its alarm, and remember the condition."""
        original = bool(self.replay[device]) and ts != clock
        for event in events:
            threshold = rule.threshold_of(event.severity)
            work.steps.append(
                Step(
                    device_id=int(self.registry.ids[device]),
                    kind=rule.alarm,
                    action=_ACTIONS[event.turn],
                    severity=event.severity,
                    life_safety=rule.life_safety,
                    value=event.value,
                    threshold=threshold,
                    unit=self.registry.units.get(rule.metric),
                    at=from_ms(ts if original and ts is not None else event.at),
                    original_at=from_ms(event.at) if original else None,
                    reading_ts=ts if event.reading else None,
                    actor="ingest" if event.reading else "clock",
                    latest=self.latest.get(slot),
                    run=self.runs.get(device),
                )
            )
        self.remember(slot, self.conditions[slot])
        self.dirty.add(device)
        work.suspects[device] = ts or 0

    def _wake(self, device: Ints, ts: Ints, work: _Work) -> None:
        """Any reading ends a device's silence."""
        gone = int(DeviceStatus.OFFLINE | DeviceStatus.NEVER_SEEN)
        for i, at in zip(*(c[(self.status[device] & gone) != 0].tolist() for c in (device, ts)), strict=True):
            slot = i * self.registry.stride + self.registry.stride - 1
            if self.awake[slot]:
                self.remember(slot, Condition())
                work.steps.append(self._silence(i, slot, AlarmAction.CLEAR, work.now, at))
            work.suspects[i] = at

    def _find_silent(self, now: int, listening_since: int, only: Collection[int] | None, work: _Work) -> None:
        heard = np.maximum(self.last_seen, listening_since)
        quiet = now - heard > MISSED_PERIODS * self.registry.silent_after
        known = (self.status & int(DeviceStatus.OFFLINE | DeviceStatus.NEVER_SEEN)) == 0
        found = np.flatnonzero(quiet & known & ~self.replay)
        if only is not None:
            found = found[np.isin(found, list(only))]
        for i in found[:MAX_OFFLINE].tolist():
            slot = i * self.registry.stride + self.registry.stride - 1
            severity = Severity(self.registry.offline_severity[i])
            self.remember(slot, Condition(standing=True, severity=severity))
            work.steps.append(self._silence(i, slot, None, work.now, None))
            self.dirty.add(i)
            work.suspects[i] = 0

    def _silence(
        self, device: int, slot: int, action: AlarmAction | None, at: datetime, reading_ts: int | None
    ) -> Step:
        return Step(
            device_id=int(self.registry.ids[device]),
            kind=OFFLINE,
            action=action,
            severity=Severity(self.registry.offline_severity[device]),
            life_safety=self.registry.offline_life_safety,
            value=None,
            threshold=None,
            unit=None,
            at=at,
            original_at=None,
            reading_ts=reading_ts,
            actor="clock" if action is None else "ingest",
            latest=self.latest.get(slot),
        )

    def _start_runs(self, runs: dict[int, str], work: _Work) -> None:
        """A new run of a replay begins afresh: what still stands from the last one is cleared, its times forgotten."""
        for device, run in runs.items():
            if self.runs.get(device, run) != run:
                base = device * self.registry.stride
                for place, rule in enumerate(self.registry.profiles[self.registry.profile[device]]):
                    condition = self.conditions.get(base + place)
                    if condition is not None and condition.standing:
                        gone = Event(Turn.GONE, to_ms(work.now), condition.severity, condition.value, reading=False)
                        self.conditions[base + place] = Condition()
                        self._note(base + place, device, rule, [gone], None, to_ms(work.now), work)
                    self.remember(base + place, Condition())
                    self.latest.pop(base + place, None)
                self.cell_ts[device] = 0
            self.runs[device] = run

    def _note_batteries(self, device: Ints, metric: Ints, ts: Ints, value: Floats, work: _Work) -> None:
        here = np.flatnonzero(metric == self.registry.battery)
        low = value[here] < LOW_BATTERY_PCT
        shown = (self.status[device[here]] & int(DeviceStatus.LOW_BATTERY)) != 0
        where = here[low != shown]
        work.suspects.update(zip(device[where].tolist(), ts[where].tolist(), strict=True))

    def _effect(
        self,
        work: _Work,
        readings: Readings,
        letters: Sequence[DeadLetter],
        seen: datetime | None,
        applied: tuple[Ints, Ints] | None = None,
    ) -> Effect:
        changed = self._changed(work.suspects)
        batch = Batch(
            now=work.now,
            readings=readings,
            states=self.take_dirty(to_ms(work.now), work.suspects),
            changed=changed,
            steps=work.steps,
            letters=letters,
            seen=seen,
        )
        heard = None if applied is None else Heard(self.registry, *applied, self.status[applied[0]])
        return Effect(batch=batch, heard=heard, counts=work.counts)

    def _changed(self, suspects: dict[int, int]) -> list[DeviceState]:
        """Work out the status bytes of `suspects` (device → time of its reading); return those that are new."""
        devices = np.fromiter(suspects, dtype=np.int64, count=len(suspects))
        status = statuses_of(self, devices)
        new = status != self.status[devices]
        devices, status = devices[new], status[new]
        self.status[devices] = status
        self.version[devices] += 1
        self.dirty.update(devices.tolist())
        columns = (devices, self.registry.ids[devices], status, self.version[devices])
        return [
            DeviceState(id=id_, area=self.registry.paths[i], status=byte, version=version, ts=suspects[i])
            for i, id_, byte, version in zip(*(c.tolist() for c in columns), strict=True)
        ]

    def _rule(self, slot: int) -> AlarmRule | None:
        device, place = divmod(slot, self.registry.stride)
        rules = self.registry.profiles[self.registry.profile[device]]
        return rules[place] if place < len(rules) else None
