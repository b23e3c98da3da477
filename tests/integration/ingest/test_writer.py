"""What a batch leaves behind, and the settled rules of time and identity, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from data_access.commands.devices import note_change
from data_access.commands.readings import SENSORS
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    DeadLetterRow,
    DeviceRow,
    DeviceStateRow,
    OutboxRow,
    SourceRow,
    to_ms,
)
from data_access.domain.devices import DeviceStatus
from data_access.events import LIVE_EVENT, AlarmChanged, DevicesChanged
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox, Unknown
from data_access.ingest.writer import EngineWriter
from tests import fleet

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


class Line:
    """One ingest process without broker, at a clock of our own."""

    def __init__(self, database: Database, **more: Any) -> None:
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now, **more)
        self.writer = EngineWriter(self.services, Metrics())

    def send(self, code: str, *payloads: str) -> Inbox:
        inbox = Inbox(self.writer.registry)
        for payload in payloads:
            fleet.put(self.writer, inbox, code, payload.encode(), self.now)
        self.writer.write(inbox)
        return inbox

    def wait(self, seconds: float, *, listening_since: datetime | None = None) -> None:
        self.now += timedelta(seconds=seconds)
        self.writer.tick(listening_since)

    def all(self, *columns: Any) -> list[Any]:
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(columns[0]))]

    def alarms(self) -> list[Any]:
        return [row[1:] for row in self.all(AlarmRow.id, AlarmRow.kind, AlarmRow.state, AlarmRow.occurrences)]

    def stored(self) -> int:
        with self.database.reading() as session:
            days = readings.existing_days(session.connection())
            return sum(session.scalar(text(f"SELECT count(*) FROM {readings.table_of(day)}")) or 0 for day in days)


def at(moment: datetime, values: str, more: str = "") -> str:
    return f'{{"ts":{to_ms(moment)},"values":{{{values}}}{more}}}'


@pytest.fixture
def line(database: Database) -> Line:
    fleet.build(database, {"S": "smoke", "H": "hydrant", "P": "perimeter"})
    return Line(database)


def test_a_reading_leaves_value_state_alarm_history_and_events_together(line: Line) -> None:
    line.send("S", '{"smoke":1,"battery_pct":15}')
    assert line.all(
        AlarmRow.kind, AlarmRow.place, AlarmRow.severity, AlarmRow.life_safety, AlarmRow.value, AlarmRow.threshold
    ) == [("smoke", "水贝一号", 4, True, 1.0, 1.0)]
    assert line.all(AlarmHistoryRow.action, AlarmHistoryRow.actor) == [("raise", "ingest")]
    status = 4 | DeviceStatus.LIFE_SAFETY | DeviceStatus.LOW_BATTERY
    assert line.all(DeviceStateRow.status, DeviceStateRow.values) == [(status, {"smoke": 1, "battery_pct": 15})]
    assert (SENSORS, NOON) in line.all(SourceRow.code, SourceRow.last_seen)
    events = [LIVE_EVENT.validate_json(body) for _, body in line.all(OutboxRow.id, OutboxRow.body)]
    alarm = next(e for e in events if isinstance(e, AlarmChanged))
    assert (alarm.device_code, alarm.reading_ts, alarm.building_id) == ("S", to_ms(NOON), 1)
    changed = next(e for e in events if isinstance(e, DevicesChanged))
    assert [(d.id, d.status, d.ts) for d in changed.devices] == [(1, status, to_ms(NOON))]
    assert line.stored() == 2


def test_the_same_delivery_twice_changes_nothing(line: Line) -> None:
    message = at(NOON, '"smoke":1')
    line.send("S", message, message)
    before = (line.alarms(), line.stored(), line.all(DeviceStateRow.device_id, DeviceStateRow.version))
    line.send("S", message)
    Line(line.database).send("S", message)  # a process that has just started
    assert before == (line.alarms(), line.stored(), line.all(DeviceStateRow.device_id, DeviceStateRow.version))


def test_a_late_reading_is_stored_and_changes_no_state(line: Line) -> None:
    line.send("S", at(NOON, '"smoke":1'))
    line.send("S", at(NOON - timedelta(seconds=1), '"smoke":0'))
    assert line.alarms() == [("smoke", "active_unacked", 1)]
    assert line.stored() == 2
    assert line.all(DeviceStateRow.values) == [({"smoke": 1},)]


def test_a_delay_expires_by_the_clock_also_after_a_restart(line: Line) -> None:
    line.send("H", at(NOON, '"pressure_mpa":0.05'))
    assert line.alarms() == []
    line.writer = EngineWriter(line.services, Metrics())
    line.wait(9)
    assert line.alarms() == []
    line.wait(1)
    assert line.alarms() == [("pressure_low", "active_unacked", 1)]
    assert line.all(AlarmRow.raised_at, AlarmRow.severity) == [(NOON + timedelta(seconds=10), 3)]


def test_a_return_within_five_minutes_counts_up_and_a_later_one_is_new(line: Line) -> None:
    for second, value in ((0, 1), (10, 0), (310, 1), (320, 0), (621, 1)):
        line.now = NOON + timedelta(seconds=second)
        line.send("S", f'{{"smoke":{value}}}')
    assert line.alarms() == [("smoke", "cleared_unacked", 2), ("smoke", "active_unacked", 1)]


def test_silence_raises_after_three_periods_of_listening_and_any_reading_ends_it(line: Line) -> None:
    line.send("P", '{"intrusion":0}')
    line.wait(3 * 1800 + 1)  # nobody listened: not the device's silence
    assert line.alarms() == []
    line.wait(3600, listening_since=line.now - timedelta(seconds=60))
    assert line.alarms() == []
    line.wait(5400, listening_since=NOON)
    assert line.alarms() == [("offline", "active_unacked", 1)]
    assert line.all(DeviceStateRow.device_id, DeviceStateRow.status) == [(3, DeviceStatus.OFFLINE)]
    Line(line.database)
    line.send("P", at(line.now - timedelta(hours=1), '"battery_pct":90'))
    assert line.alarms() == [("offline", "cleared_unacked", 1)]
    assert line.all(DeviceStateRow.device_id, DeviceStateRow.status) == [(3, 0)]


def test_a_device_added_or_changed_is_known_at_once(line: Line) -> None:
    with line.database.writing() as session:
        fleet.add_device(session, "N", "gas")
    inbox = Inbox(line.writer.registry)
    inbox.unknown.append(Unknown(fleet.token("N"), True, {"gas_lel": 30}, b"", "mqtt", "t"))
    inbox.unknown.append(Unknown("nobody", True, {"gas_lel": 30}, b'{"gas_lel":30}', "mqtt", "t"))
    line.writer.write(inbox)
    assert line.alarms() == [("gas", "active_unacked", 1)]
    assert line.all(DeadLetterRow.reason, DeadLetterRow.payload) == [("unknown_device", '{"gas_lel":30}')]
    with line.database.writing() as session:
        session.query(DeviceRow).filter_by(code="S").one().overrides = {"smoke": None}
        note_change(session)
    line.wait(2)
    line.send("S", '{"smoke":1}')
    assert len(line.alarms()) == 1


def test_two_processes_never_raise_the_same_alarm_twice(line: Line) -> None:
    other = Line(line.database)
    line.send("S", at(NOON, '"smoke":1'))
    other.now += timedelta(seconds=5)
    other.send("S", at(NOON + timedelta(seconds=5), '"smoke":1'))
    assert line.alarms() == [("smoke", "active_unacked", 2)]


def test_a_replay_runs_on_its_original_times_and_is_never_silent(database: Database) -> None:
    rule = {"metric": "flow_lps", "side": "low", "levels": [[90, 2]]}
    fleet.build(database, {"F": "flow"}, replay=True, overrides={"flow_low": rule})
    line = Line(database)
    origin = datetime(2022, 3, 24, tzinfo=UTC)
    hours = (100, 80, 85, 120, 70, 110)
    for i, value in enumerate(hours):
        line.now = NOON + timedelta(milliseconds=10 * i)
        more = f',"original_ts":{to_ms(origin + timedelta(hours=i))},"run":"r1"'
        line.send("F", at(line.now, f'"flow_lps":{value}', more))
    line.wait(86_400 * 30, listening_since=NOON)
    found = line.all(AlarmRow.original_raised_at, AlarmRow.original_cleared_at, AlarmRow.source, AlarmRow.run)
    hour = timedelta(hours=1)
    assert found == [
        (origin + hour, origin + 3 * hour, "replay", "r1"),
        (origin + 4 * hour, origin + 5 * hour, "replay", "r1"),
    ]
    line.send("F", at(line.now, '"flow_lps":70', f',"original_ts":{to_ms(origin)},"run":"r2"'))
    assert [run for _, run in line.all(AlarmRow.id, AlarmRow.run)] == ["r1", "r1", "r2"]


def test_values_not_yet_written_are_found_again_after_a_crash(line: Line) -> None:
    line.send("S", at(NOON, '"smoke":0'))
    line.now += timedelta(milliseconds=300)
    line.send("S", at(line.now, '"battery_pct":77'))
    assert line.all(DeviceStateRow.values) == [({"smoke": 0},)]
    again = EngineWriter(line.services, Metrics())
    battery = again.registry.metrics["battery_pct"]
    assert again.engine.cell_value[0, battery] == 77
    line.wait(1.5)
    assert line.all(DeviceStateRow.values) == [({"smoke": 0, "battery_pct": 77},)]


def test_history_of_a_device_is_read_over_closed_and_open_hours(line: Line) -> None:
    for minutes in (0, 30, 90):
        line.now = NOON + timedelta(minutes=minutes)
        line.send("H", f'{{"pressure_mpa":0.{20 + minutes}}}')
    with line.database.writing() as session:
        connection = session.connection()
        readings.index_hour(connection, to_ms(NOON))
        metric = session.scalar(text("SELECT id FROM metrics WHERE key = 'pressure_mpa'")) or 0
        found = readings.history(connection, 2, metric, NOON + timedelta(minutes=1), NOON + timedelta(hours=2))
    assert [value for _, value in found] == [0.5, 0.110]


def test_a_device_reports_what_its_kind_all_devices_and_its_own_rules_know(database: Database) -> None:
    fleet.build(database, {"S": "smoke"}, overrides={"hot": {"metric": "temp_c", "side": "high", "levels": [[60, 3]]}})
    line = Line(database)
    line.send("S", '{"smoke":0,"battery_pct":90,"temp_c":20,"pressure_mpa":0.3}')
    assert line.all(DeviceStateRow.values) == [({"smoke": 0, "battery_pct": 90, "temp_c": 20},)]
    ((reason, detail),) = line.all(DeadLetterRow.reason, DeadLetterRow.detail)
    assert reason == "wrong_metric"
    assert detail.startswith("pressure_mpa; a smoke device reports smoke, ")
