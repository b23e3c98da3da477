"""A replay of the real water main raises its three alarms, on the original times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data_access.commands import replays
from data_access.db.engine import Database
from data_access.db.tables import AlarmRow, DeviceRow, ReplayRunRow, to_ms
from data_access.domain.errors import InvalidInput, NotFound
from data_access.ingest import replay
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox, Intake, decode, device_message
from data_access.ingest.writer import EngineWriter
from data_access.services import Services
from tests import fleet
from tests.appeals import VENDORED

WATER = VENDORED / "water-flow.csv"
START = datetime(2026, 6, 1, 4, tzinfo=UTC)


class Stage:
    """A product without a broker: the publisher hands messages to the engine, and waiting moves the clock."""

    def __init__(self, database: Database) -> None:
        self.now = START
        self.services: Services = fleet.services(database, lambda: self.now)
        self.writer = EngineWriter(self.services, Metrics())
        self.messages: list[bytes] = []
        self.token = ""

    def publish(self, payload: bytes) -> None:
        self.messages.append(payload)
        if len(self.messages) >= 50:
            self.flush()

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if seconds >= 0.2:
            self.flush()

    def flush(self) -> None:
        self.writer.tick(None)
        inbox = Inbox(self.writer.registry)
        for payload in self.messages:
            intake = Intake(
                inbox, self.writer.limits, self.now, to_ms(self.now), source="mqtt", topic="t", payload=payload
            )
            device_message(intake, self.writer.registry.by_token[self.token], decode(intake), to_ms(self.now))
            assert not intake.reasons
        self.messages = []
        self.writer.write(inbox)


def play(stage: Stage, readings: list[replay.Reading], **thresholds: float) -> replay.Done:
    with stage.services.database.writing() as session:
        device = replays.flow_device(session, None, low=thresholds.get("low"), high=thresholds.get("high"))
    stage.token = device.token
    stage.writer = EngineWriter(stage.services, Metrics())
    return replay.telemetry(
        stage.services, readings, file="f.csv", speed=36_000, device=device, publisher=stage, sleep=stage.sleep
    )


@pytest.fixture
def stage(sqlite: Database) -> Stage:
    fleet.build(sqlite, {})
    with sqlite.writing() as session:
        from data_access.db.tables import AreaRow

        area = session.scalars(select(AreaRow)).one()
        area.lng, area.lat = 114.1, 22.5
    return Stage(sqlite)


def test_the_water_main_raises_exactly_its_three_alarms(stage: Stage) -> None:
    readings, left_out = replay.read_telemetry(WATER)
    assert (len(readings), left_out) == (1268, ())
    done = play(stage, readings, low=90.0)
    assert (done.rows, done.arrived) == (1268, True)
    with stage.services.database.reading() as session:
        alarms = session.scalars(select(AlarmRow).order_by(AlarmRow.id)).all()
        assert [
            (a.original_raised_at.isoformat(), a.original_cleared_at.isoformat())
            for a in alarms
            if a.original_raised_at and a.original_cleared_at
        ] == [
            ("2022-03-24T08:00:00+00:00", "2022-03-25T00:00:00+00:00"),
            ("2022-03-29T07:00:00+00:00", "2022-03-29T19:00:00+00:00"),
            ("2022-04-27T14:00:00+00:00", "2022-04-28T04:00:00+00:00"),
        ]
        assert {(a.kind, a.source, a.run, a.occurrences) for a in alarms} == {("flow_low", "replay", done.run, 1)}
        assert all(START <= a.raised_at < stage.now for a in alarms)
        run = session.get_one(ReplayRunRow, done.run)
        assert (run.rows, run.finished_at is not None) == (1268, True)


def test_a_gap_in_the_file_is_a_gap_and_never_a_zero(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(
        "Time,Water flow [l/s]\n2022-01-01 00:00:00,100\n2022-01-01 01:00:00,-\n2022-01-02 12:00:00,101\nx,1\n"
    )
    readings, left_out = replay.read_telemetry(path)
    assert [r.value for r in readings] == [100, 101]
    assert left_out == ("line 5: time: 'x' is not a time (2026-06-01 12:00:00)",)
    play(stage, readings, low=90.0)
    with stage.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AlarmRow)) == 0


def test_a_return_within_five_original_minutes_is_the_same_alarm(stage: Stage) -> None:
    first = datetime(2022, 1, 1, tzinfo=UTC)
    minutes = [(0, 80.0), (1, 95.0), (5, 80.0), (6, 95.0), (30, 80.0), (31, 95.0)]
    play(stage, [replay.Reading(first + timedelta(minutes=m), v) for m, v in minutes], low=90.0)
    with stage.services.database.reading() as session:
        assert session.scalars(select(AlarmRow.occurrences).order_by(AlarmRow.id)).all() == [2, 1]


def test_a_second_run_uses_the_same_device_with_new_thresholds(stage: Stage) -> None:
    first = datetime(2022, 1, 1, tzinfo=UTC)
    readings = [replay.Reading(first + timedelta(hours=h), v) for h, v in enumerate([95.0, 120.0, 95.0])]
    play(stage, readings, low=90.0)
    play(stage, readings, high=110.0)
    with stage.services.database.reading() as session:
        assert session.scalars(select(AlarmRow.kind)).all() == ["flow_high"]
        assert session.scalar(select(func.count()).where(DeviceRow.replay)) == 1
        assert session.scalar(select(func.count()).select_from(ReplayRunRow)) == 2


def test_readings_never_share_a_moment_however_fast(stage: Stage) -> None:
    with stage.services.database.writing() as session:
        device = replays.flow_device(session, None, low=90.0, high=None)
    stage.token, stage.writer = device.token, EngineWriter(stage.services, Metrics())
    sent: list[int] = []

    class Spy:
        def publish(self, payload: bytes) -> None:
            parts = json.loads(payload)
            sent.extend(p["ts"] for p in (parts if isinstance(parts, list) else [parts]))
            stage.publish(payload)

    readings = [replay.Reading(datetime(2022, 1, 1, h, tzinfo=UTC), 100.0) for h in range(20)]
    replay.telemetry(stage.services, readings, file="f", speed=1e12, device=device, publisher=Spy(), sleep=stage.sleep)
    assert len(set(sent)) == 20


def test_a_living_device_is_never_replayed_into(stage: Stage) -> None:
    with stage.services.database.writing() as session:
        fleet.add_device(session, "live-1", "flow")
        with pytest.raises(InvalidInput, match="living"):
            replays.named_device(session, "live-1", low=None, high=None)
        with pytest.raises(NotFound):
            replays.named_device(session, "none", low=None, high=None)
