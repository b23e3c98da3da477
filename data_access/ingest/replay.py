"""Replays (回放): rows of a file through the live path, their times mapped onto the running clock and compressed.

Telemetry is published over MQTT exactly as a device would, each reading with its original time beside; appeals become
live incidents. Everything a run makes carries its code and never enters official figures. A gap in the file is a gap
in the replay: nothing is filled in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec
from sqlalchemy import select

from data_access.commands import incident_replay, incidents, replays
from data_access.commands.imports import Record
from data_access.db.calendar import work_calendar
from data_access.db.tables import DeviceStateRow, to_ms
from data_access.domain.errors import InvalidInput
from data_access.domain.incidents import Outcome
from data_access.domain.reconstruction import WORKFLOW, Life, life_of
from data_access.ingest.imports.appeals import Appeals
from data_access.ingest.imports.columns import Cells, Column, Refused
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.mapping import HeaderMap
from data_access.ingest.imports.reader import open_table
from data_access.services import Services

_AT_ONCE: Final = 50
"""Most readings in one message, and most moments of incidents in one transaction, when many are due."""
_INGEST_LEARNS_S: Final = 2.5
"""Ingest looks for changed devices every second; a changed threshold must be known before the first reading."""
_ARRIVES_S: Final = 30.0

T = TypeVar("T")
Progress = Callable[[int, int], None]
Sleep = Callable[[float], None]

TELEMETRY_COLUMNS: Final = (
    Column("time", "Time of the reading", required=True, also=("Time", "ts", "timestamp", "时间")),
    Column("value", "The value", required=True, also=("Water flow [l/s]", "flow_lps", "数值")),
)


class Publisher(Protocol):
    """Sends one telemetry message as the device of a token; returns when the broker has acknowledged it."""

    def publish(self, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One row of a telemetry file."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Done:
    """What a replay did. `arrived` is false when the last reading was not seen in the database in time."""

    run: str
    rows: int
    left_out: tuple[str, ...]
    arrived: bool = True


def read_telemetry(path: Path, mapping: dict[str, str] | None = None) -> tuple[list[Reading], tuple[str, ...]]:
    """The readings of `path` in order of time, and a sentence for each row that is none. Missing values are gaps."""
    source = open_table(path)
    headers = HeaderMap(source.header, TELEMETRY_COLUMNS, mapping or {})
    found: dict[datetime, Reading] = {}
    left_out = []
    for row in source.rows():
        cells = headers.cells(row)
        try:
            at, value = cells.instant("time"), cells.number("value")
        except Refused as reason:
            left_out.append(f"line {row.line}: {reason}")
            continue
        if at is None:
            left_out.append(f"line {row.line}: time is missing")
        elif value is not None:
            found.setdefault(at, Reading(at, value))
    return sorted(found.values(), key=lambda r: r.at), tuple(left_out)


def telemetry(
    services: Services,
    readings: Sequence[Reading],
    *,
    file: str,
    speed: float,
    device: replays.ReplayDevice,
    publisher: Publisher,
    progress: Progress = lambda *_: None,
    sleep: Sleep = time.sleep,
) -> Done:
    """Publish `readings` at `speed` times their pace and wait until the last one is in the database."""
    if not readings:
        raise InvalidInput(f"{file} holds no reading.")
    with services.database.writing() as session:
        run = replays.begin(session, "telemetry", file, speed, services.clock())
    if device.changed:
        sleep(_INGEST_LEARNS_S)
    begun, first = services.clock(), readings[0].at
    sent, last = 0, 0
    try:
        for due in _due([(begun + (r.at - first) / speed, r) for r in readings], services, sleep):
            parts = []
            for at, reading in due:
                last = max(to_ms(at), last + 1)  # two readings never share a moment, however fast
                parts.append(
                    {
                        "ts": last,
                        "values": {replays.METRIC: reading.value},
                        "original_ts": to_ms(reading.at),
                        "run": run,
                    }
                )
            publisher.publish(msgspec.json.encode(parts if len(parts) > 1 else parts[0]))
            sent += len(parts)
            progress(sent, len(readings))
        arrived = _arrived(services, device.id, last, sleep)
    finally:
        with services.database.writing() as session:
            replays.end(session, run, sent, services.clock())
    return Done(run, sent, (), arrived)


def appeals(
    services: Services,
    path: Path,
    *,
    speed: float,
    area: str | None,
    mapping: dict[str, str] | None = None,
    progress: Progress = lambda *_: None,
    sleep: Sleep = time.sleep,
) -> Done:
    """Let the appeals of `path` come in again and go through the loop, `speed` times as fast as they did.

    Each ends as its flags say; the times of its steps are reconstructed (推定).
    """
    kind = Appeals(Context(database=services.database, now=services.clock(), area=area))
    records, left_out = _read_appeals(kind, path, mapping or {})
    if not records:
        raise InvalidInput(f"{path.name} holds no appeal that can be replayed.")
    kind.before_writing(records)
    records = kind.resolve(records)
    with services.database.writing() as session:
        run = replays.begin(session, "appeals", path.name, speed, services.clock())
        calendar = work_calendar(session)
    begun = services.clock()
    first: datetime = records[0]["created_at"]

    def mapped(at: datetime) -> datetime:
        return begun + (at - first) / speed

    lives = [
        life_of(r["source_ref"], r["created_at"], Outcome(r["outcome"]) if r["outcome"] else None, calendar)
        for r in records
    ]
    moments = sorted(_moments(records, lives), key=lambda moment: moment.at)
    ids: dict[int, int] = {}
    sent = 0
    try:
        for due in _due([(mapped(moment.at), moment) for moment in moments], services, sleep):
            with services.database.writing() as session:
                for at, moment in due:
                    if moment.step is None:
                        record, life = records[moment.record], lives[moment.record]
                        new = _incident(record, run, at, mapped(life.due_at) if life.due_at else None)
                        ids[moment.record] = incidents.create(session, new, actor=incident_replay.ACTOR, now=at).id
                steps = [
                    _step(records[moment.record], moment, moment.step, ids[moment.record], at)
                    for at, moment in due
                    if moment.step is not None
                ]
                incident_replay.go_on(session, steps, calendar)
            sent += len(due)
            progress(sent, len(moments))
    finally:
        with services.database.writing() as session:
            replays.end(session, run, len(ids), services.clock())
    return Done(run, len(ids), left_out)


@dataclass(frozen=True, slots=True)
class _Moment:
    """When something happened to a record: it came in, or a step of it was done, the last one if so."""

    at: datetime
    record: int
    step: str | None = None
    last: bool = False


def _moments(records: Sequence[Record], lives: Sequence[Life]) -> Iterator[_Moment]:
    for number, (record, life) in enumerate(zip(records, lives, strict=True)):
        yield _Moment(record["created_at"], number)
        for key, at in life.steps:
            yield _Moment(at, number, key, last=key == life.steps[-1][0])


def _step(record: Record, moment: _Moment, step: str, incident_id: int, at: datetime) -> incident_replay.Done:
    return incident_replay.Done(
        incident_id=incident_id,
        step=step,
        at=at,
        original=moment.at,
        unit_id=record["unit_id"] if WORKFLOW.step(step).assigns else None,
        outcome=record["outcome"] if moment.last else None,
    )


def _read_appeals(kind: Appeals, path: Path, mapping: dict[str, str]) -> tuple[list[Record], tuple[str, ...]]:
    source = open_table(path)
    headers = HeaderMap(source.header, kind.columns, mapping)
    records, left_out = [], []
    for row in source.rows():
        cells: Cells = headers.cells(row)
        try:
            record = kind.record(cells)
        except Refused as reason:
            left_out.append(f"line {row.line}: {reason}")
        else:
            if record is not None:
                records.append(record)
    return sorted(records, key=lambda r: (r["created_at"], r["source_ref"])), tuple(left_out)


def _incident(record: Record, run: str, at: datetime, due_at: datetime | None) -> incidents.NewIncident:
    return incidents.NewIncident(
        source="replay",
        source_ref=f"{run}/{record['source_ref']}"[:64],
        title=record["title"],
        area_id=record["area_id"],
        area_path=record["area_path"],
        created_at=at,
        channel_id=record["channel_id"],
        due_at=due_at,
        types=(record["top_type_id"], record["main_type_id"], record["sub_type_id"]),
        nature=record["nature"],
        place=record["place"],
        run=run,
        original_created_at=record["created_at"],
    )


def _due(timed: Sequence[tuple[datetime, T]], services: Services, sleep: Sleep) -> Iterator[list[tuple[datetime, T]]]:
    """What is due now, a bounded number at a time; waits for what is not due yet."""
    waiting = iter(timed)
    following = next(waiting, None)
    while following is not None:
        ahead = (following[0] - services.clock()).total_seconds()
        if ahead > 0:
            sleep(ahead)
        now = services.clock() + timedelta(milliseconds=1)
        batch = [following]
        following = None
        for item in islice(waiting, _AT_ONCE - 1):
            if item[0] > now:
                following = item
                break
            batch.append(item)
        yield batch
        if following is None:
            following = next(waiting, None)


def _arrived(services: Services, device_id: int, last: int, sleep: Sleep) -> bool:
    deadline = time.monotonic() + _ARRIVES_S
    while time.monotonic() < deadline:
        with services.database.reading() as session:
            seen = session.scalar(select(DeviceStateRow.last_ts).where(DeviceStateRow.device_id == device_id))
        if seen is not None and to_ms(seen) >= last:
            return True
        sleep(0.2)
    return False
