"""What belongs together is put together in the transaction that raises it: windows, silent gateways, confirmed events.

A fixed number of queries a batch, whatever its size, and none where nothing began or ended. `relate` is what
`alarms.take_steps` calls after it has applied the steps and before their history and events are written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from data_access.commands.alarms import RAISE, DeviceFacts, Happening, Related, save, to_domain
from data_access.commands.windows import Window, holding
from data_access.db.tables import AlarmHistoryRow, AlarmRow, DeviceRow
from data_access.domain.alarm_moves import Details, transition
from data_access.domain.alarm_rules import OFFLINE
from data_access.domain.alarms import STANDING_STATES, AlarmAction, Severity
from data_access.domain.correlation import (
    CHATTERING_WITHIN,
    Confirmed,
    Sighting,
    chatters,
    confirm,
    parents,
)

ACTOR: Final = "correlation"
CONFIRM: Final = "confirm"
"""The word in an alarm's history for having become part of a confirmed event."""
CONFIRM_WITHIN: Final = timedelta(minutes=5)
SETTLE: Final = timedelta(minutes=3)
"""How long what was behind a silent gateway has to be heard again before its own silence counts."""
_BEGAN: Final = (RAISE, AlarmAction.RETURN)
_CHUNK: Final = 500


def relate(
    session: Session,
    happenings: Sequence[Happening],
    facts: Mapping[int, DeviceFacts],
    now: datetime,
    *,
    within: timedelta = CONFIRM_WITHIN,
) -> list[Related]:
    """Correlate what has just happened; return what that changed. All rows are flushed."""
    began = [h for h in happenings if h.action in _BEGAN and h.row.source != "replay"]
    ended = [h.row.id for h in happenings if h.action == AlarmAction.CLEAR and h.row.kind == OFFLINE]
    if ended:
        _let_settle(session, ended, now)
    if not began:
        return []
    for happening in began:
        if happening.anew:
            happening.row.clock_at = now  # the clock says whose turn it is
    _mark_windows([h.row for h in began], facts, holding(session, now))
    _mark_chattering(session, began)
    return [
        *_suppressed(session, [h.row for h in began if h.row.kind == OFFLINE], now),
        *_confirmed(session, [h.row for h in began if h.row.life_safety], now, within),
    ]


def _mark_windows(began: Sequence[AlarmRow], facts: Mapping[int, DeviceFacts], windows: Sequence[Window]) -> None:
    """Note the window an alarm begins in; only a life-safety alarm is anybody's turn in one.

    One that returns after its window was raised in that window and is meant now: it loses the mark.
    """
    for row in began:
        device = facts[row.device_id or 0]
        window = next((w for w in windows if w.holds(device.area_path, device.building_id, device.id)), None)
        if window is not None:
            row.window, row.window_id = window.kind, window.id
            row.clock_at = row.clock_at if row.life_safety else None
        elif row.window is not None:
            row.window = None


def _mark_chattering(session: Session, began: Sequence[Happening]) -> None:
    """Mark what has gone to and fro three times in a minute; the clock takes the mark away again."""
    back = {h.row.id: h for h in began if h.action == AlarmAction.RETURN}
    if not back:
        return
    history = AlarmHistoryRow
    since = min(h.at for h in back.values()) - CHATTERING_WITHIN
    stood: dict[int, list[datetime]] = {number: [h.at] for number, h in back.items()}
    for chunk in _chunks(sorted(back)):
        query = select(history.alarm_id, history.at).where(
            history.alarm_id.in_(chunk), history.action.in_(_BEGAN), history.at > since
        )
        for number, at in session.execute(query):
            stood[number].append(at)
    for number, happening in back.items():
        if happening.row.chattering or chatters(stood[number], now=happening.at):
            happening.row.chattering = True


def _suppressed(session: Session, silent: Sequence[AlarmRow], now: datetime) -> list[Related]:
    """Put the silences that a silent gateway explains under its alarm, whichever was noticed first."""
    devices = {row.device_id: row for row in silent if row.device_id is not None}
    if not devices:
        return []
    behind = _gateways(session, devices)
    rows = _silences(session, {gateway for gateway in behind.values() if gateway is not None} - set(devices))
    for row, device, gateway in _silences_behind(session, devices):
        rows[device], behind[device] = row, gateway
    rows |= devices
    silences = {device: row.id for device, row in rows.items()}
    by_id = {row.id: row for row in rows.values()}
    return [
        _suppress(by_id[child], parent, now)
        for child, parent in sorted(parents(silences, behind).items())
        if by_id[child].parent_id != parent
    ]


def _suppress(row: AlarmRow, parent: int, now: datetime) -> Related:
    save(row, transition(to_domain(row), AlarmAction.SUPPRESS, now=now, details=Details(parent_id=parent)))
    return Related(row, _entry(row, AlarmAction.SUPPRESS, now, {"parent_id": parent}))


def _gateways(session: Session, devices: Collection[int]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for chunk in _chunks(sorted(devices)):
        rows = session.execute(select(DeviceRow.id, DeviceRow.gateway_id).where(DeviceRow.id.in_(chunk)))
        found.update((row.id, row.gateway_id) for row in rows)
    return found


def _silences(session: Session, devices: Collection[int]) -> dict[int, AlarmRow]:
    """Standing alarms of silence of `devices`."""
    found: dict[int, AlarmRow] = {}
    for chunk in _chunks(sorted(devices)):
        query = select(AlarmRow).where(
            AlarmRow.device_id.in_(chunk), AlarmRow.kind == OFFLINE, AlarmRow.state.in_(STANDING_STATES)
        )
        found.update((row.device_id, row) for row in session.scalars(query.with_for_update()) if row.device_id)
    return found


def _silences_behind(session: Session, gateways: Collection[int]) -> list[tuple[AlarmRow, int, int]]:
    """Standing alarms of silence of the devices behind `gateways`, with device and gateway."""
    found: list[tuple[AlarmRow, int, int]] = []
    for chunk in _chunks(sorted(gateways)):
        query = (
            select(AlarmRow, DeviceRow.id, DeviceRow.gateway_id)
            .join(DeviceRow, DeviceRow.id == AlarmRow.device_id)
            .where(DeviceRow.gateway_id.in_(chunk), AlarmRow.kind == OFFLINE, AlarmRow.state.in_(STANDING_STATES))
        )
        rows = session.execute(query.with_for_update(of=AlarmRow))
        found += [(row, device, gateway) for row, device, gateway in rows if gateway is not None]
    return found


def _let_settle(session: Session, parents_: Sequence[int], now: datetime) -> None:
    """Let the clock look after the alarms under `parents_` once they have had time to clear by themselves."""
    for chunk in _chunks(parents_):
        session.execute(
            update(AlarmRow)
            .where(AlarmRow.parent_id.in_(chunk), text("alarms.state <> 'closed'"))
            .values(clock_at=now + SETTLE)
            .execution_options(synchronize_session=False)
        )


def _confirmed(session: Session, began: Sequence[AlarmRow], now: datetime, within: timedelta) -> list[Related]:
    """Make one event of the life-safety alarms of a building that bear each other out."""
    buildings = sorted({row.building_id for row in began if row.building_id is not None})
    rows: dict[int, AlarmRow] = {}
    for chunk in _chunks(buildings):
        query = select(AlarmRow).where(
            AlarmRow.building_id.in_(chunk),
            AlarmRow.life_safety.is_(True),
            text("alarms.state <> 'closed'"),
            AlarmRow.source != "replay",
        )
        rows.update((row.id, row) for row in session.scalars(query.with_for_update()))
    events = confirm((_sighting(row) for row in rows.values() if row.device_id is not None), within=within)
    return [related for event in events for related in _joined(event, rows, now)]


def _sighting(row: AlarmRow) -> Sighting:
    assert row.device_id is not None  # noqa: S101  # callers have looked
    assert row.building_id is not None  # noqa: S101  # they were found by it
    return Sighting(
        alarm_id=row.id,
        device_id=row.device_id,
        building_id=row.building_id,
        severity=Severity(row.severity),
        at=row.last_at,
        event_id=row.event_id,
    )


def _joined(event: Confirmed, rows: Mapping[int, AlarmRow], now: datetime) -> list[Related]:
    """Give the members their event; the first of them carries the strongest severity of all."""
    related = []
    for number in event.members:
        row = rows[number]
        stronger = number == event.event_id and row.severity < event.severity
        if row.event_id == event.event_id and not stronger:
            continue
        if stronger and row.state in STANDING_STATES:
            save(
                row,
                transition(to_domain(row), AlarmAction.RETRIGGER, now=row.last_at, clock=now, severity=event.severity),
            )
            related.append(Related(row, _entry(row, AlarmAction.RETRIGGER, now, {"members": list(event.members)})))
        if row.event_id != event.event_id:
            row.event_id, row.version = event.event_id, row.version + 1
            related.append(Related(row, _entry(row, CONFIRM, now, {"members": list(event.members)})))
    return related


def _entry(row: AlarmRow, action: str, now: datetime, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": now,
        "actor": ACTOR,
        "action": action,
        "state": row.state,
        "severity": row.severity,
        "note": None,
        "detail": detail,
    }


def _chunks(values: Sequence[int]) -> list[Sequence[int]]:
    return [values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK)]
