"""Replay runs: their row, the device that stands for a file's instrument, the incidents made of a file's appeals."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from data_access.commands.devices import note_change
from data_access.db.tables import AreaRow, DeviceModelRow, DeviceRow, ReplayRunRow
from data_access.domain.alarm_rules import Above, AlarmRule, rule_to_json
from data_access.domain.alarms import Severity
from data_access.domain.devices import DeviceKind
from data_access.domain.errors import InvalidInput, NotFound
from data_access.live import reload

DEVICE_CODE: Final = "replay-flow"
METRIC: Final = "flow_lps"


@dataclass(frozen=True, slots=True)
class ReplayDevice:
    """The device a telemetry replay speaks for."""

    id: int
    code: str
    token: str
    changed: bool  # new, or its thresholds are: ingest needs a moment to know


def begin(session: Session, kind: str, file: str, speed: float, now: datetime) -> str:
    """Note a run; return its code."""
    code = f"{kind}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    session.add(ReplayRunRow(code=code, kind=kind, file=file[:200], speed=speed, started_at=now, rows=0))
    return code


def end(session: Session, code: str, rows: int, now: datetime) -> None:
    """Note that a run is over, complete or not: `rows` says how far it came."""
    run = session.get_one(ReplayRunRow, code)
    run.finished_at, run.rows = now, rows


def flow_device(session: Session, area_code: str | None, *, low: float | None, high: float | None) -> ReplayDevice:
    """The flow meter that replays speak for, with these thresholds and no delay; made when it is not there yet."""
    overrides = _thresholds(low, high)
    row = session.scalar(select(DeviceRow).where(DeviceRow.code == DEVICE_CODE))
    if row is None:
        area = _area(session, area_code)
        lng, lat = _middle(area)
        row = DeviceRow(
            code=DEVICE_CODE,
            token=secrets.token_urlsafe(24),
            kind=DeviceKind.FLOW.value,
            model_id=_model(session),
            name="回放流量计",
            area_id=area.id,
            area_path=area.path,
            lng=lng,
            lat=lat,
            overrides=overrides,
            replay=True,
        )
        session.add(row)
        session.flush()
        reload.bump(session)
        return ReplayDevice(row.id, row.code, row.token, changed=True)
    changed = row.overrides != overrides
    if changed:
        row.overrides = overrides
        note_change(session)
    return ReplayDevice(row.id, row.code, row.token, changed=changed)


def named_device(session: Session, wanted: str, *, low: float | None, high: float | None) -> ReplayDevice:
    """The device with this code or id; it must be one of replays. Raises `NotFound` or `InvalidInput`."""
    by_id = DeviceRow.id == int(wanted) if wanted.isdecimal() else DeviceRow.code == wanted
    row = session.scalar(select(DeviceRow).where((DeviceRow.code == wanted) | by_id))
    if row is None:
        raise NotFound(f"There is no device {wanted}.")
    if not row.replay:
        raise InvalidInput(
            f"{row.code} is a living device; a replay would falsify it. Mark it as a replay device first."
        )
    changed = (low is not None or high is not None) and row.overrides != (overrides := _thresholds(low, high))
    if changed:
        row.overrides = overrides
        note_change(session)
    return ReplayDevice(row.id, row.code, row.token, changed=changed)


def _thresholds(low: float | None, high: float | None) -> dict[str, Any]:
    found = {}
    for alarm, side, threshold in (("flow_low", Above.LOW, low), ("flow_high", Above.HIGH, high)):
        if threshold is not None:
            rule = AlarmRule(alarm=alarm, metric=METRIC, side=side, levels=((threshold, Severity.MAJOR),))
            found[alarm] = rule_to_json(rule)
    return found


def _area(session: Session, code: str | None) -> AreaRow:
    """The named area, or the highest one."""
    query = select(AreaRow).order_by(AreaRow.depth, AreaRow.path).limit(1)
    found = session.scalar(query if code is None else query.where(AreaRow.code == code))
    if found is None:
        raise NotFound(f"There is no area {code}." if code else "There is no area yet; import the areas first.")
    return found


def _middle(area: AreaRow) -> tuple[float, float]:
    if area.lng is not None and area.lat is not None:
        return area.lng, area.lat
    raise InvalidInput(f"{area.name} has no place on the map yet; import its outline or its point first.")


def _model(session: Session) -> int:
    found = session.scalar(select(DeviceModelRow.id).where(DeviceModelRow.kind == DeviceKind.FLOW.value).limit(1))
    if found is None:
        raise NotFound("There is no device model of the kind flow; run `yiping prepare` first.")
    return found
