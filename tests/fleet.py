"""Devices for tests of ingest: one area, one building, the default models, a few devices of chosen kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from data_access.commands import foundation
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, BuildingRow, DeviceModelRow, DeviceRow, to_ms
from data_access.ingest.payloads import Inbox, Intake, decode, device_message
from data_access.ingest.writer import EngineWriter
from data_access.services import Services
from data_access.settings import Settings

NO_REDIS = "redis://127.0.0.1:9/0"


def token(code: str) -> str:
    """The token of the test device `code`."""
    return f"token-of-{code}"


def build(database: Database, devices: Mapping[str, str], *, replay: bool = False, overrides: Any = None) -> None:
    """Put the area, the models and `devices` (code → kind) into an empty database; ids count from 1."""
    with database.writing() as session:
        area = AreaRow(code="440303", name="罗湖区", kind="district", path="000", depth=0, aliases=[])
        session.add(area)
        session.flush()
        building = BuildingRow(
            code="B1",
            name="水贝一号",
            kind="residential",
            area_id=area.id,
            area_path=area.path,
            lng=114.1,
            lat=22.5,
            floors=10,
            units=1,
        )
        session.add(building)
        foundation.lay(session)
        session.flush()
        for code, kind in devices.items():
            add_device(session, code, kind, replay=replay, overrides=overrides)


def add_device(session: Session, code: str, kind: str, *, replay: bool = False, overrides: Any = None) -> None:
    """Add one device to what `build` has put there."""
    area = session.query(AreaRow).one()
    building = session.query(BuildingRow).one()
    model = session.query(DeviceModelRow).filter_by(kind=kind).one()
    session.add(
        DeviceRow(
            code=code,
            token=token(code),
            kind=kind,
            model_id=model.id,
            name=code,
            area_id=area.id,
            area_path=area.path,
            building_id=building.id,
            floor=7,
            lng=114.1,
            lat=22.5,
            replay=replay,
            overrides=overrides,
        )
    )
    session.flush()


def services(database: Database, clock: Callable[[], datetime], redis: Redis | None = None, **more: Any) -> Services:
    """Services on `database`; without `redis` there is none."""
    client = redis or Redis.from_url(NO_REDIS, retry=Retry(NoBackoff(), 0))
    url = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, **{"data_dir": Path("/nonexistent"), **more})
    return Services(settings=settings, database=database, redis=client, clock=clock)


def put(writer: EngineWriter, inbox: Inbox, code: str, payload: bytes, now: datetime) -> Intake:
    """Let one message of the device `code` arrive in `inbox`."""
    intake = Intake(inbox, writer.limits, now, to_ms(now), source="mqtt", topic="t", payload=payload)
    body = decode(intake)
    if body is not None:
        device_message(intake, writer.registry.by_token[token(code)], body, to_ms(now))
    return intake
