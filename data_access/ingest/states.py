"""The newest state of a device as the table keeps it, written from an engine and read back into one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.readings import Floats, Ints, State
from data_access.db import readings
from data_access.db.tables import AlarmRow, DeviceStateRow, from_ms, to_ms
from data_access.domain.alarms import STANDING_STATES, AlarmState, Severity
from data_access.domain.conditions import Condition
from data_access.domain.devices import LOW_BATTERY_PCT, DeviceStatus
from data_access.ingest.registry import NONE

if TYPE_CHECKING:
    from data_access.ingest.rules import Engine

STATES_EVERY_MS: Final = 1_000
"""Newest values are written this often; conditions and status bytes at once."""
LOOK_BACK: Final = timedelta(minutes=15)
RECENT: Final = timedelta(hours=1)
"""Cleared alarms this much older than the oldest accepted reading can still come back: the margin for slow clocks."""


def statuses_of(engine: Engine, devices: Ints) -> Ints:
    """The `DeviceStatus` bytes of `devices`: the worst standing condition of each, and flags."""
    registry = engine.registry
    status = np.where(engine.last_seen[devices] == 0, int(DeviceStatus.NEVER_SEEN), 0)
    if registry.battery != NONE:
        low = engine.cell_value[devices, registry.battery] < LOW_BATTERY_PCT
        status |= np.where(low, int(DeviceStatus.LOW_BATTERY), 0)
    restless = engine.awake.reshape(-1, registry.stride)[devices].any(axis=1)
    for place in np.flatnonzero(restless).tolist():
        status[place] |= _standing(engine, int(devices[place]))
    return status


def _standing(engine: Engine, device: int) -> int:
    severity, flags = 0, 0
    for rule, condition in engine.device_conditions(device):
        if not condition.standing:
            continue
        if rule is None:
            flags |= DeviceStatus.OFFLINE
            continue
        severity = max(severity, int(condition.severity))
        if rule.life_safety:
            flags |= DeviceStatus.LIFE_SAFETY
    return int(severity | flags)


def state_rows(engine: Engine, devices: Sequence[int]) -> list[State]:
    """The rows of `devices`."""
    registry = engine.registry
    chosen = np.array(devices, dtype=np.int64)
    times = engine.cell_ts[chosen]
    newest = times.max(axis=1, initial=0)
    odd = ((times != newest[:, None]) & (times != 0)).any(axis=1)
    restless = engine.awake.reshape(-1, registry.stride)[chosen].any(axis=1)
    plain = ~(odd | restless | engine.replay[chosen])
    columns = (
        chosen,
        registry.ids[chosen],
        engine.status[chosen],
        engine.version[chosen],
        engine.last_ts[chosen],
        engine.last_seen[chosen],
        newest,
        plain,
    )
    told = _told(registry.metric_keys, times, engine.cell_value[chosen])
    return [
        State(
            id_,
            registry.paths[i],
            status,
            version,
            last_ts or None,
            last_seen or None,
            values,
            None if is_plain else rule_state(engine, i, last),
        )
        for (i, id_, status, version, last_ts, last_seen, last, is_plain), values in zip(
            zip(*(c.tolist() for c in columns), strict=True), told, strict=True
        )
    ]


def _told(keys: Sequence[str], times: Ints, values: Floats) -> list[str]:
    """For each row the values that have a time, as JSON. Rows that tell the same metrics share one form to fill."""
    where = times.nonzero()
    ends = np.searchsorted(where[0], np.arange(len(times) + 1)).tolist()
    metrics, said = where[1].tolist(), values[where].tolist()
    forms: dict[tuple[int, ...], str] = {}
    told = []
    for low, high in pairwise(ends):
        present = tuple(metrics[low:high])
        form = forms.get(present)
        if form is None:
            form = forms[present] = "{" + ",".join([f'"{keys[m]}":%.12g' for m in present]) + "}"
        told.append(form % tuple(said[low:high]))
    return told


def rule_state(engine: Engine, device: int, newest: int) -> str | None:
    """What a restarted engine must know beyond the values: times that differ from the newest, conditions, the run."""
    seen = engine.cell_ts[device]
    odd = ((seen != newest) & (seen != 0)).nonzero()[0].tolist()
    times = [f'"{engine.registry.metric_keys[m]}":{seen[m]}' for m in odd]
    parts = ['"ts":{' + ",".join(times) + "}"] if times else []
    conditions = {rule.alarm: c.to_json() for rule, c in engine.device_conditions(device) if rule is not None}
    if conditions:
        parts.append('"conditions":' + json.dumps(conditions, separators=(",", ":")))
    if engine.registry.replay[device]:
        parts.append(f'"clock":{newest}')
        if device in engine.runs:
            parts.append('"run":' + json.dumps(engine.runs[device]))
    return "{" + ",".join(parts) + "}" if parts else None


def load(engine: Engine, session: Session, *, oldest: datetime) -> None:
    """Put what the database knows into a new engine. Alarms cleared before `oldest` can not come back any more."""
    kept: dict[int, dict[str, Any]] = {}
    for row in session.execute(
        select(
            DeviceStateRow.device_id,
            DeviceStateRow.status,
            DeviceStateRow.version,
            DeviceStateRow.last_ts,
            DeviceStateRow.last_seen,
            DeviceStateRow.values,
            DeviceStateRow.rule_state,
        )
    ):
        device = engine.registry.by_id.get(row.device_id)
        if device is None:
            continue
        engine.status[device], engine.version[device] = row.status, row.version
        engine.last_ts[device] = to_ms(row.last_ts) if row.last_ts else 0
        engine.last_seen[device] = to_ms(row.last_seen) if row.last_seen else 0
        memory = row.rule_state or {}
        _load_values(engine, device, row.values or {}, memory)
        if run := memory.get("run"):
            engine.runs[device] = run
        if conditions := memory.get("conditions"):
            kept[device] = conditions
    standing = _load_alarms(engine, session, oldest - RECENT)
    for device, conditions in kept.items():
        for alarm, memory in conditions.items():
            slot = engine.slot(device, alarm)
            if slot != NONE:
                engine.remember(slot, Condition.from_json(memory, standing=slot in standing))
    for slot, severity in standing.items():
        if slot not in engine.conditions or not engine.conditions[slot].standing:
            engine.remember(slot, Condition(standing=True, severity=severity))


def recover(engine: Engine, session: Session) -> int:
    """Take from the readings what a process that died had not written into the states; return how many there were.

    States are written once a second and readings at once, so that only values and times can be behind, never
    conditions or alarms. Readings dated more than `LOOK_BACK` before the last written state are not looked for.
    """
    written = int(engine.last_seen.max(initial=0))
    since = from_ms(max(0, written - STATES_EVERY_MS))
    rows = readings.newest_since(session.connection(), since - LOOK_BACK, received=since)
    metrics = {id_: i for i, id_ in enumerate(engine.registry.metric_ids.tolist())}
    for device_id, metric_id, ts, original, value in rows:
        device, metric = engine.registry.by_id.get(device_id), metrics.get(metric_id)
        if device is None or metric is None:
            continue
        clock = original or ts
        if clock > engine.cell_ts[device, metric]:
            engine.cell_ts[device, metric], engine.cell_value[device, metric] = clock, value
            engine.last_ts[device] = max(engine.last_ts[device], ts)
            engine.dirty.add(device)
    return len(rows)


def _load_values(engine: Engine, device: int, values: Mapping[str, float], memory: Mapping[str, Any]) -> None:
    newest = memory.get("clock") or int(engine.last_ts[device])
    times = memory.get("ts", {})
    for key, value in values.items():
        metric = engine.registry.metrics.get(key)
        if metric is not None and isinstance(value, int | float) and math.isfinite(value):
            engine.cell_value[device, metric] = value
            engine.cell_ts[device, metric] = times.get(key, newest)


def _load_alarms(engine: Engine, session: Session, oldest: datetime) -> dict[int, Severity]:
    """Note the newest alarm of each slot; return those that stand with their severity."""
    standing: dict[int, Severity] = {}
    query = (
        select(AlarmRow.id, AlarmRow.device_id, AlarmRow.kind, AlarmRow.state, AlarmRow.severity, AlarmRow.source)
        .where(
            AlarmRow.device_id.is_not(None),
            AlarmRow.state.in_(STANDING_STATES) | (AlarmRow.cleared_at >= oldest) | (AlarmRow.source == "replay"),
        )
        .order_by(AlarmRow.id)
    )
    for row in session.execute(query):
        device = engine.registry.by_id.get(row.device_id)
        slot = NONE if device is None else engine.slot(device, row.kind)
        if slot == NONE:
            continue
        engine.latest[slot] = row.id
        if AlarmState(row.state) in STANDING_STATES:
            standing[slot] = Severity(row.severity)
        else:
            standing.pop(slot, None)
    return standing
