"""What belongs together is put together in the transaction that raises it: windows, silent gateways, confirmed events.

A fixed number of queries a batch, whatever its size, and none where nothing began or ended. `relate` is what
`alarms.take_steps` calls after it has applied the steps and before their history and events are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, text, update

from data_access.commands.alarm_batch import AlarmBatch, PlainAlarm
from data_access.commands.alarms import RAISE, DeviceFacts, Happening, save, to_domain
from data_access.commands.windows import Window, holding
from data_access.db.bulk import among
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
_OPEN: Final = text("alarms.state <> 'closed'")  # written out for the partial indexes
_SILENT: Final = (AlarmRow.kind == OFFLINE, AlarmRow.state.in_(STANDING_STATES))


def relate(
    batch: AlarmBatch,
    happenings: Sequence[Happening],
    facts: Mapping[int, DeviceFacts],
    now: datetime,
    *,
    within: timedelta = CONFIRM_WITHIN,
) -> list[PlainAlarm]:
    """Correlate what has just happened; return the alarms that this changed."""
    began = [h for h in happenings if h.action in _BEGAN and h.row.source != "replay"]
    ended = [h.row.id for h in happenings if h.action == AlarmAction.CLEAR and h.row.kind == OFFLINE]
    if ended:
        _let_settle(batch, ended, now)
    if not began:
        return []
    for happening in began:
        if happening.anew:
            happening.row.clock_at = now  # the clock says whose turn it is
    _mark_windows([h.row for h in began], facts, holding(batch.session, now))
    _mark_chattering(batch, began)
    return [
        *_suppressed(batch, [h.row for h in began if h.row.kind == OFFLINE], now),
        *_confirmed(batch, [h.row for h in began if h.row.life_safety], now, within),
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


def _mark_chattering(batch: AlarmBatch, began: Sequence[Happening]) -> None:
    """Mark what has gone to and fro three times in a minute; the clock takes the mark away again."""
    back = {h.row.id: h for h in began if h.action == AlarmAction.RETURN}
    if not back:
        return
    batch.write()
    history = AlarmHistoryRow
    since = min(h.at for h in back.values()) - CHATTERING_WITHIN
    stood: dict[int, list[datetime]] = {number: [] for number in back}
    of_these = among(batch.connection, history.alarm_id, back)
    query = select(history.alarm_id, history.at).where(of_these, history.action.in_(_BEGAN), history.at > since)
    for number, at in batch.connection.execute(query):
        stood[number].append(at)
    for number, happening in back.items():
        if happening.row.chattering or chatters(stood[number], now=happening.at):
            happening.row.chattering = True


def _suppressed(batch: AlarmBatch, silent: Sequence[PlainAlarm], now: datetime) -> list[PlainAlarm]:
    """Put the silences that a silent gateway explains under its alarm, whichever was noticed first."""
    devices = {row.device_id: row for row in silent if row.device_id is not None}
    if not devices:
        return []
    behind = _gateways(batch.connection, devices)
    above = {gateway for gateway in behind.values() if gateway is not None} - set(devices)
    behind_these = select(DeviceRow.id).where(among(batch.connection, DeviceRow.gateway_id, devices))
    below = batch.find(AlarmRow.device_id.in_(behind_these), *_SILENT)
    behind |= _gateways(batch.connection, {row.device_id for row in below if row.device_id is not None})
    known = [*batch.find_among(AlarmRow.device_id, above, *_SILENT), *below]
    rows = {row.device_id: row for row in known if row.device_id is not None}
    rows |= devices
    silences = {device: row.id for device, row in rows.items()}
    by_id = {row.id: row for row in rows.values()}
    children = sorted(parents(silences, behind).items())
    return [
        _suppress(batch, by_id[child], parent, now) for child, parent in children if by_id[child].parent_id != parent
    ]


def _suppress(batch: AlarmBatch, row: PlainAlarm, parent: int, now: datetime) -> PlainAlarm:
    save(row, transition(to_domain(row), AlarmAction.SUPPRESS, now=now, details=Details(parent_id=parent)))
    batch.note(row, AlarmAction.SUPPRESS, now, ACTOR, {"parent_id": parent})
    return row


def _gateways(connection: Connection, devices: Collection[int]) -> dict[int, int | None]:
    device = DeviceRow
    rows = connection.execute(select(device.id, device.gateway_id).where(among(connection, device.id, devices)))
    return {row.id: row.gateway_id for row in rows}


def _let_settle(batch: AlarmBatch, parents_: Sequence[int], now: datetime) -> None:
    """Let the clock look after the alarms under `parents_` once they have had time to clear by themselves."""
    batch.write()
    settling = update(AlarmRow).where(among(batch.connection, AlarmRow.parent_id, parents_), _OPEN)
    batch.connection.execute(settling.values(clock_at=now + SETTLE))


def _confirmed(
    batch: AlarmBatch, began: Sequence[PlainAlarm], now: datetime, within: timedelta
) -> Iterator[PlainAlarm]:
    """Make one event of the life-safety alarms of a building that bear each other out."""
    buildings = {row.building_id for row in began if row.building_id is not None}
    about_lives = (AlarmRow.life_safety.is_(True), _OPEN, AlarmRow.source != "replay")
    found = batch.find_among(AlarmRow.building_id, buildings, *about_lives)
    rows = {row.id: row for row in found if row.device_id is not None}
    for event in confirm(map(_sighting, rows.values()), within=within):
        yield from _joined(batch, event, rows, now)


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


def _joined(batch: AlarmBatch, event: Confirmed, rows: Mapping[int, PlainAlarm], now: datetime) -> Iterator[PlainAlarm]:
    """Give the members their event; the first of them carries the strongest severity of all."""
    detail = {"members": list(event.members)}
    for number in event.members:
        row = rows[number]
        stronger = number == event.event_id and row.severity < event.severity
        if row.event_id == event.event_id and not stronger:
            continue
        if stronger and row.state in STANDING_STATES:
            worse = AlarmAction.RETRIGGER
            save(row, transition(to_domain(row), worse, now=row.last_at, clock=now, severity=event.severity))
            batch.note(row, worse, now, ACTOR, detail)
        if row.event_id != event.event_id:
            row.event_id, row.version = event.event_id, row.version + 1
            batch.note(row, CONFIRM, now, ACTOR, detail)
        yield row
