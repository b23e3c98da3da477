"""A small district for tests: one street, two communities with two grids each, devices, cameras, incidents."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import (
    AlarmHistoryRow,
    AlarmRow,
    AreaBoundaryRow,
    AreaFactRow,
    AreaRow,
    BuildingRow,
    CameraRow,
    DeviceModelRow,
    DeviceRow,
    DeviceStateRow,
    IncidentRow,
    MetaRow,
    SourceRow,
)
from data_access.domain.areas import child_path

DISTRICT, STREET, COMMUNITY, GRID = "440303", "440303004", "440303004011", "440303004011001"
DISTRICT_PATH, STREET_PATH = "000", "000000"
TOKEN = "token-of-device-1-secret"


def fill(database: Database, at: datetime) -> None:
    """Put the district into an empty database, as things stood at `at`."""
    with database.writing() as session:
        areas = _areas(session)
        grids = [area for area in areas if area.kind == "grid"]
        session.add(MetaRow(key="demo", value="true"))
        session.add(MetaRow(key="data_version", value="1"))
        session.add(SourceRow(code="sensors", name="传感器", name_en="Sensors", interval_s=60, last_seen=at, version=1))
        model = DeviceModelRow(
            code="smoke-std", kind="smoke", name="红外烟感", period_s=60, offline_severity=1, rules=[]
        )
        session.add(model)
        building = BuildingRow(
            code="B1",
            name="5栋",
            kind="residential",
            area_id=grids[0].id,
            area_path=grids[0].path,
            lng=114.13,
            lat=22.55,
            floors=7,
            units=2,
        )
        session.add(building)
        session.flush()
        for number in range(1, 13):
            _device(session, number, grids[number % 4], model.id, building.id if number == 4 else None, at)
        for number, stream in enumerate(("demo:junction", None, "http://127.0.0.1:9/cam/live.m3u8"), 1):
            session.add(
                CameraRow(
                    id=number,
                    code=f"C{number}",
                    name=f"路口{number}",
                    kind="fixed",
                    area_id=grids[0].id,
                    area_path=grids[0].path,
                    lng=114.13,
                    lat=22.55,
                    stream=stream,
                    delivering=stream is not None,
                )
            )
        for number in range(1, 4):
            _incident(session, number, grids[number], at)
        _alarm(session, grids[1], at)


def _areas(session: Session) -> list[AreaRow]:
    found: list[AreaRow] = []

    def add(parent: AreaRow | None, ordinal: int, code: str, kind: str) -> AreaRow:
        path = child_path(parent.path if parent else "", ordinal)
        row = AreaRow(
            code=code,
            name=f"{kind}{ordinal}",
            aliases=[],
            kind=kind,
            parent_id=parent.id if parent else None,
            path=path,
            depth=len(path) // 3,
            lng=114.13,
            lat=22.55,
        )
        session.add(row)
        session.flush()
        square = '{"type":"Polygon","coordinates":[[[114,22.5],[114.2,22.5],[114.2,22.6],[114,22.6],[114,22.5]]]}'
        session.add(AreaBoundaryRow(area_id=row.id, geometry=square, schematic=True, source="test"))
        for metric, value in (("devices", 12), ("residents", 700 + ordinal)):
            session.add(AreaFactRow(area_id=row.id, month=date(2026, 6, 1), metric=metric, value=value))
        found.append(row)
        return row

    street = add(add(None, 0, DISTRICT, "district"), 0, STREET, "street")
    for c in range(2):
        community = add(street, c, f"4403030040{11 + c}", "community")
        for g in range(2):
            add(community, g, f"{community.code}00{g + 1}", "grid")
    return found


def _device(session: Session, number: int, grid: AreaRow, model: int, building: int | None, at: datetime) -> None:
    session.add(
        DeviceRow(
            id=number,
            code=f"S{number}",
            token=TOKEN if number == 1 else f"t{number}",
            kind="smoke",
            model_id=model,
            name=f"烟感{number}",
            area_id=grid.id,
            area_path=grid.path,
            building_id=building,
            lng=114.10 + number / 1000,
            lat=22.55,
        )
    )
    session.flush()
    if number == 12:
        return  # never seen
    session.add(
        DeviceStateRow(
            device_id=number,
            area_path=grid.path,
            status=8 if number == 2 else 0,
            version=1,
            last_ts=at,
            last_seen=at,
            values={"smoke": 0, "battery_pct": 88},
            rule_state=None,
        )
    )


def _incident(session: Session, number: int, grid: AreaRow, at: datetime) -> None:
    session.add(
        IncidentRow(
            code=f"I{number}",
            source="demo",
            source_ref=str(number),
            title="井盖破损",
            area_id=grid.id,
            area_path=grid.path,
            lng=114.13,
            lat=22.55,
            stage="closed" if number == 3 else "dispatch",
            created_at=at - timedelta(days=number),
            due_at=at - timedelta(hours=1) if number == 1 else None,
        )
    )


def _alarm(session: Session, grid: AreaRow, at: datetime) -> None:
    session.add(
        AlarmRow(
            device_id=1,
            kind="smoke",
            severity=4,
            life_safety=True,
            state="active_unacked",
            occurrences=1,
            area_id=grid.id,
            area_path=grid.path,
            place="5栋",
            lng=114.101,
            lat=22.55,
            value=1.0,
            raised_at=at,
            last_at=at,
            source="live",
            version=1,
        )
    )
    session.flush()
    session.add(AlarmHistoryRow(alarm_id=1, at=at, actor="ingest", action="raise", state="active_unacked", severity=4))
