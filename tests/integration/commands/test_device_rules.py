"""Rules are changed for a device or its model, ingest follows, and the preview says how it would have gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text

from data_access.commands import clocks
from data_access.commands import device_rules as commands
from data_access.commands.device_rules import Change
from data_access.db import readings
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmRow,
    AuditRow,
    DeviceModelRow,
    DeviceRow,
    MetricRow,
    OutboxRow,
    ReadingHourRow,
    to_ms,
)
from data_access.domain.alarm_rules import rule_from_json
from data_access.domain.alarm_tuning import Tuning
from data_access.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from data_access.domain.fences import Fence, Keep
from data_access.domain.rehearsal import rehearse
from data_access.events import LIVE_EVENT, RulesChanged
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from data_access.queries import device_rules, rule_preview
from data_access.viewmodels.device_rules import Preview, RulesView
from tests import fleet

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
USUAL = {"hysteresis": 2.0, "raise_delay_s": 10.0, "raise_count": 2, "clear_delay_s": 30.0}


def numbers(*thresholds: float, **more: Any) -> Tuning:
    return Tuning(thresholds=thresholds, **{**USUAL, **more})


class Line:
    """A pool's ingest, and whoever changes its rules."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOON
        self.services = fleet.services(database, lambda: self.now)
        self.writer = EngineWriter(self.services, Metrics())

    def level(self, code: str, value: float, *, after: float = 20.0) -> None:
        """One reading, `after` seconds later."""
        self.now += timedelta(seconds=after)
        self.writer.tick(None)
        inbox = Inbox(self.writer.registry)
        payload = json.dumps({"ts": to_ms(self.now), "values": {"level_pct": value}})
        fleet.put(self.writer, inbox, code, payload.encode(), self.now)
        self.writer.write(inbox)

    def walk(self, code: str, lng: float, lat: float) -> None:
        """Where a watch is, five minutes later."""
        self.now += timedelta(minutes=5)
        self.writer.tick(None)
        inbox = Inbox(self.writer.registry)
        payload = json.dumps({"ts": to_ms(self.now), "values": {"lng": lng, "lat": lat}})
        fleet.put(self.writer, inbox, code, payload.encode(), self.now)
        self.writer.write(inbox)

    def fences(self) -> int:
        """How many alarms of a fence there are."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).where(AlarmRow.kind == "geofence")) or 0

    def alarms(self) -> list[Any]:
        with self.database.reading() as session:
            rows = session.execute(select(AlarmRow.device_id, AlarmRow.state).order_by(AlarmRow.id))
            return [tuple(row) for row in rows]

    def view(self, device: int = 1) -> RulesView:
        with self.database.reading() as session:
            return device_rules.of_device(session, device, "")

    def change(self, tuning: Tuning, *, version: str | None = None, scope: str = "") -> None:
        change = Change("level_low", tuning, self.view().version if version is None else version)
        with self.database.writing() as session:
            commands.change_device(session, 1, change, scope=scope, by="lin", now=self.now)

    def preview(self, tuning: Tuning, device: int = 1) -> Preview:
        with self.database.reading() as session:
            return rule_preview.of_device(session, device, "level_low", tuning, scope="", now=self.now)


@pytest.fixture
def line(database: Database) -> Line:
    fleet.build(database, {"P1": "pool", "P2": "pool"})
    return Line(database)


def test_each_change_is_told_in_its_own_transaction(line: Line) -> None:
    def told() -> list[tuple[str, int | None, str, str]]:
        with line.database.reading() as session:
            events = [LIVE_EVENT.validate_json(body) for body in session.scalars(select(OutboxRow.body))]
        return [(e.area, e.device_id, e.model, e.by) for e in events if isinstance(e, RulesChanged)]

    line.change(numbers(70, 50))
    line.change(numbers(70, 50))  # the same: nothing to tell
    with pytest.raises(Conflict):
        line.change(numbers(60, 50), version="seen long ago")
    with line.database.reading() as session:
        path, model = session.execute(
            select(DeviceRow.area_path, DeviceModelRow.code).join(
                DeviceModelRow, DeviceModelRow.id == DeviceRow.model_id
            )
        ).first() or ("", "")
        version = device_rules.of_model(session, model, "").version
    assert told() == [(path, 1, model, "lin")]
    with line.database.writing() as session:
        change = Change("level_low", numbers(75, 50), version)
        commands.change_model(session, model, change, scope="", by="lin", now=line.now)
    assert told()[1:] == [("", None, model, "lin")]


def test_a_saved_threshold_changes_what_ingest_raises(line: Line) -> None:
    line.level("P1", 79)
    line.level("P1", 79)
    line.level("P1", 90)
    line.level("P1", 90, after=40)
    assert line.alarms() == [(1, "cleared_unacked")]
    line.change(numbers(70, 50))
    line.level("P1", 79, after=600)
    line.level("P1", 79)
    line.level("P2", 79)
    line.level("P2", 79)  # another device of the model: as before
    assert line.alarms() == [(1, "cleared_unacked"), (2, "active_unacked")]
    line.level("P1", 69)
    line.level("P1", 69)
    assert line.alarms()[-1] == (1, "active_unacked")


def test_a_model_s_threshold_holds_for_all_but_those_with_their_own(line: Line) -> None:
    line.change(numbers(85, 50))
    with line.database.writing() as session:
        version = device_rules.of_model(session, "pool-std", "").version
        change = Change("level_low", numbers(70, 50), version)
        commands.change_model(session, "pool-std", change, scope="", by="lin", now=line.now)
    for code in ("P1", "P2"):
        line.level(code, 79)
        line.level(code, 79)
    assert line.alarms() == [(1, "active_unacked")]
    assert [rule.own for rule in line.view().rules if rule.alarm == "level_low"] == [True]


def test_row_audit_and_list_tell_old_and_new_and_who(line: Line) -> None:
    line.change(numbers(78, 50, hysteresis=3.0))
    (change,) = line.view().changes
    assert (change.by, change.of, change.alarm, change.at) == ("lin", "P1", "level_low", NOON)
    assert (change.before.thresholds, change.after.thresholds) == (((80.0, 2), (50.0, 3)), ((78.0, 2), (50.0, 3)))
    with line.database.reading() as session:
        assert session.scalars(select(AuditRow.subject)).all() == ["device:P1"]
        kept = session.scalars(select(DeviceRow.overrides).order_by(DeviceRow.id)).first()
    assert kept == {"level_low": {"levels": [[78.0, 2], [50.0, 3]], "hysteresis": 3.0}}
    line.change(numbers(80, 50))
    with line.database.reading() as session:
        assert session.scalars(select(DeviceRow.overrides).order_by(DeviceRow.id)).first() is None
    assert len(line.view().changes) == 2


def test_the_second_of_two_is_told_and_nothing_wrong_is_kept(line: Line) -> None:
    seen = line.view().version
    line.change(numbers(78, 50))
    with pytest.raises(Conflict, match="别人改过"):
        line.change(numbers(77, 50), version=seen)
    with pytest.raises(InvalidInput, match="越低"):
        line.change(numbers(40, 50))
    with pytest.raises(NotFound):
        line.change(numbers(76, 50), scope="001")
    (low,) = (rule for rule in line.view().rules if rule.alarm == "level_low")
    assert low.now.thresholds == ((78.0, 2), (50.0, 3))
    assert len(line.view().changes) == 1


def test_a_model_with_devices_elsewhere_is_not_changed_from_below(line: Line) -> None:
    with line.database.writing() as session:
        session.get_one(DeviceRow, 2).area_path = "001"
        version = device_rules.of_model(session, "pool-std", "000").version
        change = Change("level_low", numbers(70, 50), version)
        with pytest.raises(NotAllowed, match="权限范围之外"):
            commands.change_model(session, "pool-std", change, scope="000", by="lin", now=line.now)
        assert device_rules.of_model(session, "pool-std", "000").others


def _hours(database: Database, device: int, worst: Callable[[int], float], count: int = 24 * 20) -> None:
    with database.writing() as session:
        metric = session.scalars(select(MetricRow.id).where(MetricRow.key == "level_pct")).one()
        for n in range(count):
            low = worst(n)
            hour = NOON - timedelta(hours=count - n)
            session.add(
                ReadingHourRow(
                    device_id=device, metric_id=metric, hour=hour, count=2, minimum=low, mean=max(low, 90), maximum=95
                )
            )


def test_hours_that_are_left_are_replayed_and_said_to_be_hours(line: Line) -> None:
    _hours(line.database, 1, lambda n: 79 if n % 48 == 5 else 60 if n == 120 else 90)
    found = line.preview(numbers(75, 50))
    assert (found.hours, found.readings, found.raw_since) == (24 * 20, 0, None)
    assert (found.before.alarms, found.after.alarms, found.gone_total, found.new_total) == (11, 1, 10, 0)
    assert all(not alarm.raw and alarm.value == 79 for alarm in found.gone)
    assert found.after.first == found.after.last == NOON - timedelta(hours=360)
    assert len(found.trace) == 480
    stricter = line.preview(numbers(92, 50))
    assert (stricter.new_total, stricter.after.alarms) == (0, 1)  # it would simply never have cleared
    looser = line.preview(numbers(80, 50, raise_delay_s=60.0))
    assert looser.before == looser.after  # extremes of an hour cannot tell
    with pytest.raises(InvalidInput):
        line.preview(numbers(40, 50))


def test_a_real_alarm_that_would_be_missed_is_counted(line: Line) -> None:
    for value in (79, 79, 90):
        line.level("P1", value)
    line.level("P1", 90, after=60)
    with line.database.writing() as session:
        session.scalars(select(AlarmRow)).one().close_reason = "real"
    found = line.preview(numbers(70, 50))
    assert (found.recorded, found.real, found.missed, found.readings) == (1, 1, 1, 3)
    assert [(alarm.raw, alarm.judged) for alarm in found.gone] == [(True, "real")]
    assert line.preview(numbers(79.5, 50)).missed == 0


def test_a_model_is_previewed_over_the_devices_that_were_past_a_threshold(line: Line) -> None:
    _hours(line.database, 1, lambda n: 79 if n == 5 else 90, 100)
    _hours(line.database, 2, lambda _: 90, 100)
    with line.database.reading() as session:
        found = rule_preview.of_model(session, "pool-std", "level_low", numbers(75, 50), scope="", now=line.now)
        none = rule_preview.of_model(session, "pool-std", "level_low", numbers(75, 50), scope="001", now=line.now)
    assert (found.devices, found.looked, found.replayed, found.hours) == (2, 2, 1, 100)
    assert (found.before.alarms, found.after.alarms) == (1, 0)
    assert (none.devices, none.replayed, none.before.alarms) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_raw_readings_replayed_give_the_very_alarms_that_ingest_raised(line: Line, seed: int) -> None:
    chance = Random(seed)
    level = 85.0
    for _ in range(150):
        level = min(99.0, max(45.0, level + chance.uniform(-9, 9)))
        line.level("P1", round(level, 1), after=chance.choice([5, 12, 45, 400]))
    line.level("P1", 95, after=30)
    line.level("P1", 95, after=60)
    with line.database.reading() as session:
        rows = session.execute(
            select(AlarmRow.raised_at, AlarmRow.cleared_at, AlarmRow.occurrences)
            .where(AlarmRow.kind == "level_low")
            .order_by(AlarmRow.id)
        ).all()
    raised = [(to_ms(at), to_ms(end) if end else None, n) for at, end, n in rows]
    assert raised
    with line.database.reading() as session:
        model = session.scalars(select(DeviceModelRow).where(DeviceModelRow.code == "pool-std")).one()
        rule = next(rule_from_json(kept) for kept in model.rules if kept["alarm"] == "level_low")
        metric = session.scalars(select(MetricRow.id).where(MetricRow.key == "level_pct")).one()
        stored = readings.history(session.connection(), 1, metric, NOON, line.now + timedelta(hours=1))
    found = rehearse(rule, [], stored, period_s=1800, until=to_ms(line.now))
    assert [(e.raised_at, e.cleared_at, e.occurrences) for e in found] == raised
    assert line.preview(numbers(80, 50)).before.alarms == len(raised)


def test_hours_are_what_the_worker_makes_of_readings(line: Line) -> None:
    line.level("P1", 79, after=3600)
    line.level("P1", 79)
    line.now += timedelta(hours=2)
    clocks.aggregate_hours(line.database, line.now)
    found = line.preview(numbers(70, 50))
    assert (found.before.alarms, found.after.alarms, found.hours, found.readings) == (1, 0, 0, 2)


def test_a_watch_is_given_a_fence_and_what_may_be_none_is_refused(database: Database) -> None:
    fleet.build(database, {"W": "watch", "P": "pool"})
    square = ((114.0, 22.0), (114.01, 22.0), (114.01, 22.01), (114.0, 22.01))
    tuning = Tuning(thresholds=(50.0, 500.0), hysteresis=10.0, raise_delay_s=60.0, raise_count=2, clear_delay_s=0.0)

    def change(fence: Any, *, scope: str = "", device: int = 1, alarm: str = "geofence", like: Tuning = tuning) -> None:
        with database.writing() as session:
            version = device_rules.of_device(session, device, "").version
            wanted = Change(alarm, like, version, fence)
            commands.change_device(session, device, wanted, scope=scope, by="lin", now=NOON)

    def fence() -> Fence | None:
        with database.reading() as session:
            return next(
                rule.now.fence for rule in device_rules.of_device(session, 1, "").rules if rule.alarm == "geofence"
            )

    change(Fence(polygon=square))
    assert fence() == Fence(polygon=square)
    change("kept", like=replace(tuning, raise_count=3))
    assert fence() == Fence(polygon=square)
    change(Fence(area="community", keep=Keep.OUTSIDE))
    with pytest.raises(InvalidInput):
        change(Fence(area="440303"))  # it has no boundary
    with pytest.raises(InvalidInput):
        change(Fence(area="community"), device=2, alarm="level_low", like=numbers(70, 50))
    assert fence() == Fence(area="community", keep=Keep.OUTSIDE)
    change(None)
    assert fence() is None
    with database.reading() as session:
        told = device_rules.of_device(session, 1, "").changes
    assert [(c.before.fence, c.after.fence) for c in told][:1] == [(Fence(area="community", keep=Keep.OUTSIDE), None)]


def test_another_fence_is_tried_on_the_stored_positions_as_ingest_would_have_met_them(database: Database) -> None:
    fleet.build(database, {"W": "watch"})
    worlds = Line(database)
    chance, home = Random(7), (114.1, 22.5)
    square = ((114.1, 22.5), (114.13, 22.5), (114.13, 22.53), (114.1, 22.53))
    tuning = Tuning(
        thresholds=(1000.0, 3000.0), hysteresis=100.0, raise_delay_s=600.0, raise_count=2, clear_delay_s=0.0
    )

    def try_(fence: Any) -> Preview:
        with database.reading() as session:
            return rule_preview.of_device(
                session, 1, "geofence", tuning, scope="", now=worlds.now + timedelta(seconds=1), fence=fence
            )

    with pytest.raises(InvalidInput, match="位置"):
        try_(Fence(polygon=square))
    walk = [(home[0] + chance.uniform(-0.04, 0.04), home[1] + chance.uniform(-0.04, 0.04)) for _ in range(60)]
    start = worlds.now
    for lng, lat in walk:
        worlds.walk("W", lng, lat)
    inside, outside = Fence(polygon=square), Fence(polygon=square, keep=Keep.OUTSIDE)
    found = {keep: try_(keep).after.alarms for keep in (inside, outside)}
    assert len(set(found.values())) == 2
    tried = try_(inside)
    assert (tried.moved, tried.readings, tried.hours, tried.before.alarms) == (True, 60, 0, worlds.fences())
    for fence, told in found.items():  # the engine itself, with that fence in force, over the same walk
        with database.writing() as session:
            version = device_rules.of_device(session, 1, "").version
            commands.change_device(
                session, 1, Change("geofence", tuning, version, fence), scope="", by="lin", now=start
            )
            session.execute(text("DELETE FROM alarm_history"))
            session.execute(text("DELETE FROM alarms"))
            session.execute(text("DELETE FROM device_states"))
        worlds.now += timedelta(hours=1)
        worlds.writer = EngineWriter(worlds.services, Metrics())
        for lng, lat in walk:
            worlds.walk("W", lng, lat)
        assert worlds.fences() == told
