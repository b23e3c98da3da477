"""How the last month would have gone with other numbers: what is stored, through the rules that live readings meet.

Bounded whatever the fleet: at most `LOOKED` devices of a model are looked at (those that raised this alarm first, then
by their number), at most `REPLAYED` of these replayed, fewer where they speak often; the answer says how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, or_, select, text
from sqlalchemy.orm import Session

from data_access.db import fences, readings
from data_access.db.fences import Kept
from data_access.db.tables import (
    AlarmRow,
    BuildingRow,
    DeviceModelRow,
    DeviceRow,
    MetricRow,
    ReadingHourRow,
    from_ms,
    to_ms,
)
from data_access.domain.alarm_rules import Above, AlarmRule, rule_from_json, with_overrides
from data_access.domain.alarm_tuning import Tuning, tuned
from data_access.domain.alarms import CloseReason
from data_access.domain.areas import subtree_bounds, within
from data_access.domain.devices import AWAY
from data_access.domain.errors import InvalidInput, NotFound
from data_access.domain.fences import AskedFence
from data_access.domain.rehearsal import HOUR_MS, Episode, Hour, rehearse, unmatched
from data_access.queries.devices import PRIVATE
from data_access.viewmodels.device_rules import Preview, PreviewAlarm, Side

SPAN: Final = timedelta(days=30)
LOOKED: Final = 1_000
REPLAYED: Final = 100
MOST_READINGS: Final = 500_000
LISTED: Final = 50
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class _Device:
    id: int
    code: str
    place: str
    rule: AlarmRule  # as it is
    wanted: AlarmRule
    kept: Kept  # its place


@dataclass(slots=True)
class _Told:
    """What is stored of the devices."""

    hours: dict[int, list[Hour]]
    raw: dict[int, list[tuple[int, float]]]
    raw_since: datetime | None


def of_device(  # what is asked, by whom and when
    session: Session,
    device_id: int,
    alarm: str,
    wanted: Tuning,
    *,
    scope: str,
    now: datetime,
    fence: AskedFence = "kept",
) -> Preview:
    """The preview of one device. Raises `NotFound` or `InvalidInput`."""
    row = session.get(DeviceRow, device_id)
    if row is None or not within(row.area_path, scope):
        raise NotFound("没有这个终端，或者不在您的权限范围内。")
    if row.replay:
        raise InvalidInput("这是回放终端，它的读数不是现在的，不能试算。")
    model = session.get_one(DeviceModelRow, row.model_id)
    rules = with_overrides(tuple(rule_from_json(kept) for kept in model.rules), row.overrides)
    rule = _named(rules, alarm)
    place = session.scalar(select(BuildingRow.name).where(BuildingRow.id == row.building_id)) or row.name
    kept = Kept(row.id, row.area_path, (row.lng, row.lat))
    device = _Device(row.id, row.code, place, rule, _after(session, rule, wanted, fence, scope), kept)
    return _preview(session, [device], model.period_s, now, devices=1, looked=1)


def of_model(  # as above
    session: Session,
    code: str,
    alarm: str,
    wanted: Tuning,
    *,
    scope: str,
    now: datetime,
    fence: AskedFence = "kept",
) -> Preview:
    """The preview of a model's devices within `scope` that follow it in this alarm. Raises as above."""
    model = session.scalar(select(DeviceModelRow).where(DeviceModelRow.code == code))
    if model is None:
        raise NotFound("没有这个型号。")
    rule = _named(tuple(rule_from_json(kept) for kept in model.rules), alarm)
    after = _after(session, rule, wanted, fence, scope)
    low, high = subtree_bounds(scope)
    here = (
        *(DeviceRow.model_id == model.id, DeviceRow.area_path >= low, DeviceRow.area_path < high),
        DeviceRow.replay.is_(False),
    )
    total = session.scalar(select(func.count()).select_from(DeviceRow).where(*here)) or 0
    recorded = (
        select(AlarmRow.device_id)
        .where(AlarmRow.device_id == DeviceRow.id, AlarmRow.kind == alarm, AlarmRow.raised_at >= now - SPAN)
        .exists()
    )
    rows = session.execute(
        select(DeviceRow, BuildingRow.name)
        .outerjoin(BuildingRow, BuildingRow.id == DeviceRow.building_id)
        .where(*here)
        .order_by(case((recorded, 0), else_=1), DeviceRow.id)
        .limit(LOOKED)
    ).all()
    found = [
        _Device(row.id, row.code, house or row.name, rule, after, Kept(row.id, row.area_path, (row.lng, row.lat)))
        for row, house in rows
        if alarm not in (row.overrides or {})
    ]
    return _preview(session, found, model.period_s, now, devices=total, looked=len(rows))


def _after(session: Session, rule: AlarmRule, wanted: Tuning, fence: AskedFence, scope: str) -> AlarmRule:
    """`rule` with the numbers and the fence that are asked about."""
    after = tuned(rule, wanted)
    if fence in ("kept", rule.fence):
        return after
    if rule.metric != AWAY:
        raise InvalidInput("只有看离开距离的规则有围栏。")
    assert fence != "kept"  # noqa: S101  # looked at above
    fences.check(session, fence, scope)
    return replace(after, fence=fence)


def _named(rules: Sequence[AlarmRule], alarm: str) -> AlarmRule:
    found = next((rule for rule in rules if rule.alarm == alarm), None)
    if found is None:
        raise NotFound("没有这条规则。")
    return found


def _preview(  # what a preview is made of
    session: Session, chosen: Sequence[_Device], period_s: int, now: datetime, *, devices: int, looked: int
) -> Preview:
    rule = chosen[0].rule if chosen else None
    metric = session.scalar(select(MetricRow.id).where(MetricRow.key == rule.metric)) if rule else None
    since = now - SPAN
    raw_since = _raw_since(session, since, now)
    moved = bool(chosen) and chosen[0].rule.fence != chosen[0].wanted.fence
    room = _room(period_s, raw_since, now)
    if moved:
        since = raw_since or now  # of positions no hourly extremes can be asked how far they were from another fence
        told, anew = _moved(session, chosen[:room], since, now)
        chosen = chosen[:room]
    else:
        if devices > 1 and metric is not None:
            chosen = _those_beyond(session, chosen, metric, since, room)
        told = _told(session, [d.id for d in chosen], metric, since, now, raw_since)
        anew = told.raw
    before: dict[int, list[Episode]] = {}
    after: dict[int, list[Episode]] = {}
    for device in chosen:
        hours = told.hours.get(device.id, [])
        for kept, rule_, raw in ((before, device.rule, told.raw), (after, device.wanted, anew)):
            if hours or raw.get(device.id):
                own = raw.get(device.id, [])
                kept[device.id] = rehearse(rule_, hours, own, period_s=period_s, until=to_ms(now))
    judged = _recorded(session, chosen, since)
    gone = [(d, e) for d in chosen for e in unmatched(before.get(d.id, []), after.get(d.id, []))]
    new = [(d, e) for d in chosen for e in unmatched(after.get(d.id, []), before.get(d.id, []))]
    real = [(n, at, end) for n, lines in judged.items() for at, end, said in lines if said == CloseReason.REAL]
    private = rule is not None and rule.metric in PRIVATE
    return Preview(
        since=since,
        until=now,
        raw_since=raw_since,
        moved=moved,
        hours=sum(map(len, told.hours.values())),
        readings=sum(map(len, told.raw.values())),
        devices=devices,
        looked=looked,
        replayed=len(before),
        before=_side(before),
        after=_side(after),
        gone=_listed(gone, judged, private=private),
        gone_total=len(gone),
        new=_listed(new, judged, private=private),
        new_total=len(new),
        recorded=sum(map(len, judged.values())),
        real=len(real),
        missed=sum(_stood(before.get(n, []), at, end) and not _stood(after.get(n, []), at, end) for n, at, end in real),
        late_s=max((_later(before[n], after[n]) for n in before), default=0) // 1000,
        trace=_trace(told, chosen[0], now) if devices == 1 and chosen and not private else (),
    )


def _moved(
    session: Session, chosen: Sequence[_Device], since: datetime, now: datetime
) -> tuple[_Told, dict[int, list[tuple[int, float]]]]:
    """How far from the fence that is, and from the one asked about, stored positions were. Raises `InvalidInput`."""
    devices = [device.kept for device in chosen]
    told = fences.positions(session, devices, since, now)
    if not any(told.values()):
        raise InvalidInput("没有存下的位置可以试算围栏：位置只保留最近几天的原始读数。")
    is_, asked = (fences.distances(session, devices, r.fence, told) for r in (chosen[0].rule, chosen[0].wanted))
    return _Told({}, is_, since), asked


def _room(period_s: int, raw_since: datetime | None, now: datetime) -> int:
    """How many devices may be replayed so that their raw readings stay within `MOST_READINGS`."""
    seconds = (now - raw_since).total_seconds() if raw_since else 0.0
    return max(1, min(REPLAYED, int(MOST_READINGS / max(1.0, seconds / max(period_s, 1)))))


def _those_beyond(
    session: Session, chosen: Sequence[_Device], metric: int, since: datetime, room: int
) -> list[_Device]:
    """Those that were past the mildest threshold, old or new, in most hours. Nothing else could raise an alarm."""
    hour = ReadingHourRow
    edges = [device.levels[0][0] for d in chosen[:1] for device in (d.rule, d.wanted)]
    high = not chosen or chosen[0].rule.side is Above.HIGH
    past = hour.maximum >= min(edges, default=0.0) if high else hour.minimum < max(edges, default=0.0)
    counted: dict[int, int] = {}
    ids = [device.id for device in chosen]
    for begin in range(0, len(ids), _CHUNK):
        rows = session.execute(
            select(hour.device_id, func.count())
            .where(hour.device_id.in_(ids[begin : begin + _CHUNK]), hour.metric_id == metric, hour.hour >= since, past)
            .group_by(hour.device_id)
        )
        counted.update((device, n) for device, n in rows)
    most = sorted(counted, key=lambda number: (-counted[number], number))[:room]
    return [device for device in chosen if device.id in set(most)]


def _told(  # as above
    session: Session,
    ids: Sequence[int],
    metric: int | None,
    since: datetime,
    now: datetime,
    raw_since: datetime | None,
) -> _Told:
    if metric is None or not ids:
        return _Told({}, {}, raw_since)
    hour = ReadingHourRow
    hours: dict[int, list[Hour]] = {}
    rows = session.execute(
        select(hour.device_id, hour.hour, hour.minimum, hour.maximum)
        .where(hour.device_id.in_(ids), hour.metric_id == metric)
        .where(hour.hour >= since, hour.hour < (raw_since or now))
        .order_by(hour.device_id, hour.hour)
    )
    for device, at, lowest, highest in rows:
        hours.setdefault(device, []).append(Hour(to_ms(at), lowest, highest))
    raw = readings.histories(session.connection(), ids, metric, raw_since, now) if raw_since else {}
    return _Told(hours, raw, raw_since)


def _recorded(
    session: Session, chosen: Sequence[_Device], since: datetime
) -> dict[int, list[tuple[int, int | None, str | None]]]:
    """The alarms that were really raised, by device: from, to, and what somebody said of them."""
    if not chosen:
        return {}
    alarm = AlarmRow
    rows = session.execute(
        select(alarm.device_id, alarm.raised_at, alarm.cleared_at, alarm.close_reason)
        .where(alarm.device_id.in_([device.id for device in chosen]), alarm.kind == chosen[0].rule.alarm)
        .where(alarm.raised_at >= since, or_(alarm.run.is_(None), alarm.source != "replay"))
    )
    found: dict[int, list[tuple[int, int | None, str | None]]] = {}
    for device, raised, cleared, said in rows:
        found.setdefault(device or 0, []).append((to_ms(raised), to_ms(cleared) if cleared else None, said))
    return found


def _stood(episodes: Sequence[Episode], at: int, end: int | None) -> bool:
    """Whether one of them stood within an hour of that time: hourly extremes are no more exact."""
    last = end if end is not None else at
    return any(e.raised_at - HOUR_MS <= last and at <= (e.cleared_at or last) + HOUR_MS for e in episodes)


def _later(before: Sequence[Episode], after: Sequence[Episode]) -> int:
    """By how much the latest of `after` comes later than the one of `before` that it stands for."""
    late = 0
    for one in before:
        then = next((other for other in after if one.meets(other)), None)
        if then is not None:
            late = max(late, then.raised_at - one.raised_at)
    return late


def _side(episodes: dict[int, list[Episode]]) -> Side:
    times = [e.raised_at for found in episodes.values() for e in found]
    return Side(
        alarms=len(times),
        devices=sum(bool(found) for found in episodes.values()),
        first=from_ms(min(times)) if times else None,
        last=from_ms(max(times)) if times else None,
    )


def _listed(
    found: Sequence[tuple[_Device, Episode]],
    judged: dict[int, list[tuple[int, int | None, str | None]]],
    *,
    private: bool,
) -> tuple[PreviewAlarm, ...]:
    """The newest of them."""
    newest = sorted(found, key=lambda one: -one[1].raised_at)[:LISTED]
    return tuple(
        PreviewAlarm(
            device_id=device.id,
            device_code=device.code,
            place=device.place,
            raised_at=from_ms(e.raised_at),
            cleared_at=from_ms(e.cleared_at) if e.cleared_at else None,
            severity=int(e.severity),
            value=None if private else e.value,
            raw=e.raw,
            judged=next((said for at, end, said in judged.get(device.id, ()) if said and _stood([e], at, end)), None),
        )
        for device, e in newest
    )


def _trace(told: _Told, device: _Device, now: datetime) -> tuple[tuple[datetime, float], ...]:
    """The worst value of each hour, for the chart."""
    worst: Any = max if device.rule.side is Above.HIGH else min
    found = {h.at: h.highest if device.rule.side is Above.HIGH else h.lowest for h in told.hours.get(device.id, [])}
    for at, value in told.raw.get(device.id, []):
        hour = at - at % HOUR_MS
        found[hour] = worst(found.get(hour, value), value)
    return tuple((from_ms(at), value) for at, value in sorted(found.items()) if at < to_ms(now))


def _raw_since(session: Session, since: datetime, now: datetime) -> datetime | None:
    """From when on raw readings are kept: the hour of the oldest of them."""
    connection = session.connection()
    for day in readings.existing_days(connection):
        oldest = connection.scalar(text(f"SELECT min(ts) FROM {readings.table_of(day)}"))  # noqa: S608  # our own name
        if oldest is not None:
            found = max(since, from_ms(oldest - oldest % HOUR_MS))
            return found if found < now else None
    return None
