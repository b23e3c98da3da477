"""What is set for a kind holds from the moment an alarm is raised; rules about places and about what lasts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.commands import alarm_clock
from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmKindRow,
    AlarmRow,
    AreaBoundaryRow,
    AreaRow,
    DeviceRow,
    DeviceStateRow,
)
from data_access.domain.alarms import Severity
from data_access.domain.devices import DeviceStatus
from data_access.ingest.metrics import Metrics
from data_access.ingest.payloads import Inbox
from data_access.ingest.writer import EngineWriter
from tests import fleet, small
from tests.integration.commands.test_alarm_clock import begin

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEVICES = {"T": "smoke", "G": "gas", "W": "watch", "F": "fire_lane", "P": "parking", "V": "video_ai"}


class Site:
    """A few devices and their ingest, at a time that is told."""

    def __init__(self, database: Database) -> None:
        fleet.build(database, DEVICES)
        self.database, self.now = database, NOON
        self.restart()

    def restart(self) -> None:
        self.writer = EngineWriter(fleet.services(self.database, lambda: self.now), Metrics())

    def say(self, code: str, **values: float) -> None:
        told = ",".join(f'"{key}":{value}' for key, value in values.items())
        body = f'{{"ts":{int(self.now.timestamp() * 1000)},"values":{{{told}}}}}'.encode()
        inbox = Inbox(self.writer.registry)
        fleet.put(self.writer, inbox, code, body, self.now)
        self.writer.write(inbox)

    def wait(self, minutes: float) -> None:
        self.now += minutes * MINUTE
        self.writer.tick(None)

    def set(self, code: str, **said: Any) -> None:
        with self.database.writing() as session:
            session.merge(AlarmKindRow(code=code, **said))
        self.wait(0.1)  # devices are looked at again

    def override(self, code: str, overrides: dict[str, Any]) -> None:
        with self.database.writing() as session:
            session.scalars(select(DeviceRow).where(DeviceRow.code == code)).one().overrides = overrides
        self.restart()

    def alarms(self) -> list[tuple[str, int, str]]:
        with self.database.reading() as session:
            row = AlarmRow
            found = session.execute(select(row.kind, row.severity, row.state).order_by(row.id)).all()
            return [(kind, severity, state) for kind, severity, state in found]

    def standing(self) -> list[tuple[str, int]]:
        return [(kind, severity) for kind, severity, state in self.alarms() if state.startswith("active")]


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


def test_a_kinds_severity_and_life_safety_hold_for_what_is_raised_next_not_for_what_stands(site: Site) -> None:
    site.say("G", gas_lel=30)
    site.set("gas", severity=2, life_safety=False)
    site.set("tamper", severity=4, life_safety=True)
    assert site.standing() == [("gas", Severity.CRITICAL)]
    site.say("T", tamper=1)
    assert site.standing() == [("gas", Severity.CRITICAL), ("tamper", Severity.CRITICAL)]
    with site.database.reading() as session:
        tamper = session.scalars(select(AlarmRow).where(AlarmRow.kind == "tamper")).one()
        assert (tamper.life_safety, tamper.needs_reason) == (True, True)
        status = session.scalars(
            select(DeviceStateRow.status).where(DeviceStateRow.device_id == tamper.device_id)
        ).one()
    assert DeviceStatus(status) & DeviceStatus.LIFE_SAFETY
    assert int(status & DeviceStatus.SEVERITY_MASK) == Severity.CRITICAL.value


def test_every_level_of_a_kind_has_the_severity_that_is_set_and_a_single_device_its_own(site: Site) -> None:
    site.set("gas", severity=2)
    site.say("G", gas_lel=30)
    assert site.standing() == [("gas", Severity.MINOR)]
    site.override("G", {"gas": {"levels": [[5, 3], [25, 4]]}})
    site.say("G", gas_lel=0)
    site.wait(10)
    site.say("G", gas_lel=31)
    assert site.standing() == [("gas", Severity.CRITICAL)]


def test_silence_too_has_the_severity_that_is_set(site: Site) -> None:
    site.set("offline", severity=3)
    site.say("T", smoke=0)
    since = site.now
    site.now += timedelta(hours=10)
    site.writer.tick(since)
    assert ("offline", Severity.MAJOR) in site.standing()


def test_a_kind_climbs_only_through_the_levels_that_are_set(database: Database, noon: datetime) -> None:
    small.fill(database, noon)
    with database.writing() as session:
        session.merge(AlarmKindRow(code="litter", escalation=[2, 3]))
    ids = begin(database, noon, (2, "litter"), (2, "graffiti"))
    at = noon
    for _ in range(4):
        alarm_clock.look(database, (), at)
        at += timedelta(hours=2)
    with database.reading() as session:
        line = AlarmHistoryRow
        climbed = session.execute(
            select(line.alarm_id, line.detail).where(line.action == "escalate").order_by(line.id)
        ).all()
    passed = {n: {*d["passed"], d["level"]} for n, d in climbed if n == ids[2, "litter"] and d}
    assert passed[ids[2, "litter"]] <= {2, 3}
    everything = {level for n, d in climbed if n == ids[2, "graffiti"] and d for level in (*d["passed"], d["level"])}
    assert everything & {0, 1}


def test_a_watch_that_leaves_its_circle_is_an_alarm_until_it_is_back(site: Site) -> None:
    site.say("W", lng=114.101, lat=22.5)  # 103 m
    site.wait(10)
    site.say("W", lng=0, lat=0)  # it has found no position
    site.say("W", lng=114.1)  # half of one
    site.wait(11)
    assert site.standing() == []
    site.say("W", lng=114.115, lat=22.5)  # 1.5 km
    site.wait(5)
    assert site.standing() == []
    site.say("W", lng=114.115, lat=22.501)
    assert site.standing() == [("geofence", Severity.MINOR)]
    with site.database.reading() as session:
        row = session.scalars(select(AlarmRow)).one()
        assert (row.unit, row.threshold) == ("m", 1000.0)
        assert row.value == pytest.approx(1545, abs=5)
    site.wait(10)
    site.say("W", lng=114.14, lat=22.5)
    assert site.standing() == [("geofence", Severity.MAJOR)]
    site.wait(10)
    site.say("W", lng=114.1, lat=22.5001)
    assert site.standing() == []


def test_a_circle_of_its_own_and_restarts_in_between(site: Site) -> None:
    site.override("W", {"geofence": {"levels": [[200, 3]]}})
    site.say("W", lng=114.103, lat=22.5)
    site.restart()
    site.wait(11)
    assert site.standing() == [("geofence", Severity.MAJOR)]


def _square(lng: float, lat: float, half: float) -> list[list[float]]:
    return [[lng + x * half, lat + y * half] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]


def test_a_polygon_of_its_own_is_left_or_entered(site: Site) -> None:
    strict = {"levels": [[50, 3]], "raise_count": 1, "raise_delay_s": 0, "hysteresis": 10}
    site.override("W", {"geofence": {**strict, "fence": {"polygon": _square(114.1, 22.5, 0.01)}}})
    site.say("W", lng=114.109, lat=22.509)  # further from its place than before, and inside
    site.wait(1)
    assert site.standing() == []
    site.say("W", lng=114.1105, lat=22.5)  # 51 m outside
    assert site.standing() == [("geofence", Severity.MAJOR)]
    with site.database.reading() as session:
        assert session.scalars(select(AlarmRow.value)).one() == pytest.approx(51, abs=1)
    site.wait(1)
    site.say("W", lng=114.0999, lat=22.5)
    assert site.standing() == []
    site.override("W", {"geofence": {**strict, "fence": {"keep": "outside", "polygon": _square(114.2, 22.5, 0.01)}}})
    site.wait(10)
    site.say("W", lng=114.1, lat=22.5)
    assert site.standing() == []
    site.wait(10)
    site.say("W", lng=114.2, lat=22.5)
    assert site.standing() == [("geofence", Severity.MAJOR)]


@pytest.mark.parametrize("area", ["community", "440303001"])
def test_the_boundary_of_an_area_is_a_fence(site: Site, area: str, caplog: pytest.LogCaptureFixture) -> None:
    with site.database.writing() as session:
        watch = session.scalars(select(DeviceRow).where(DeviceRow.code == "W")).one()
        place = AreaRow(code="440303001", name="水贝社区", kind="community", path="000000", depth=1, aliases=[])
        place.parent_id = watch.area_id
        session.add(place)
        session.flush()
        watch.area_id, watch.area_path = place.id, place.path
        corners = [*_square(114.1, 22.5, 0.01), _square(114.1, 22.5, 0.01)[0]]
        geometry = json.dumps({"type": "MultiPolygon", "coordinates": [[corners]]})
        session.add(AreaBoundaryRow(area_id=place.id, geometry=geometry, schematic=True, source="test"))
    strict = {"levels": [[50, 2]], "raise_count": 1, "raise_delay_s": 0, "hysteresis": 10}
    site.override("W", {"geofence": {**strict, "fence": {"area": area}}})
    site.say("W", lng=114.109, lat=22.5)
    assert site.standing() == []
    site.wait(1)
    site.say("W", lng=114.12, lat=22.5)
    assert site.standing() == [("geofence", Severity.MINOR)]
    site.override("W", {"geofence": {**strict, "fence": {"area": "street"}}})  # it has none
    assert "has no boundary" in caplog.text
    site.wait(10)
    site.say("W", lng=114.1001, lat=22.5)  # the circle around its own place holds instead
    assert site.standing() == []


def test_a_watch_that_has_not_moved_for_hours_is_an_alarm(site: Site) -> None:
    site.say("W", still_min=180)
    assert site.standing() == []
    site.wait(60)
    site.say("W", still_min=240)
    site.wait(60)
    site.say("W", still_min=300)
    assert site.standing() == [("no_movement", Severity.MAJOR)]
    site.wait(1)
    site.say("W", still_min=0)
    assert site.standing() == []


@pytest.mark.parametrize(
    ("code", "metric", "kind", "minutes", "severity"),
    [
        ("F", "occupied", "fire_lane_blocked", 30, Severity.MAJOR),
        ("P", "occupied", "parking_overstay", 7 * 1440, Severity.WARNING),
        ("V", "illegal_parking", "illegal_parking_long", 30, Severity.MINOR),
    ],
)
def test_what_lasts_is_an_alarm_of_its_own_however_often_it_is_told(
    site: Site, code: str, metric: str, kind: str, minutes: int, severity: Severity
) -> None:
    for _ in range(4):
        site.say(code, **{metric: 1})
        site.wait(minutes / 4 - 0.01)
        site.restart()
    assert kind not in dict(site.standing())
    site.wait(0.1)
    assert dict(site.standing())[kind] == severity
    site.say(code, **{metric: 0})
    assert site.standing() == []
