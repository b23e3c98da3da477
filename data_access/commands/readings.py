"""A batch of readings becomes true: readings, newest states, alarms, dead letters and events in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from data_access.commands import correlation, freshness
from data_access.commands.alarms import Key, Relate, Step, take_steps
from data_access.db import readings as days
from data_access.db.bulk import insert_lists
from data_access.db.tables import DeadLetterRow, SourceRow, from_ms
from data_access.domain.areas import PATH_STEP
from data_access.events import DevicesChanged, DeviceState
from data_access.live import outbox

SENSORS: Final = "sensors"
"""The code of our source in `sources`."""
DAY_MS: Final = 86_400_000
_NULL: Final = r"\N"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Columns of equal length, in the order of arrival; `original_ts` 0 where there is none.

    `fresh` marks those newer than all that came before of their device and metric: they cannot be stored already.
    """

    device_id: Ints
    metric_id: Ints
    ts: Ints
    value: Floats
    original_ts: Ints
    fresh: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ts)


class State(NamedTuple):
    """The newest state of one device, as the table keeps it (`values`, `rule_state` as JSON text)."""

    device_id: int
    area_path: str
    status: int
    version: int
    last_ts: int | None
    last_seen: int | None
    values: str
    rule_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What could not be used, and why. Tokens are already masked."""

    at: datetime
    source: str
    topic: str | None
    reason: str
    detail: str | None
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything one transaction of ingest writes. Applying it twice does no harm."""

    now: datetime
    readings: Readings
    states: Sequence[State] = ()
    changed: Sequence[DeviceState] = ()
    steps: Sequence[Step] = ()
    letters: Sequence[DeadLetter] = field(default_factory=tuple)
    seen: datetime | None = None  # note the source's freshness; None when that was done a moment ago

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (len(self.readings) or self.states or self.changed or self.steps or self.letters or self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch did: rows stored (the others were repeats) and the newest alarm of each key touched."""

    stored: int
    alarms: dict[Key, int]


def apply(session: Session, batch: Batch, *, relate: Relate = correlation.relate) -> Applied:
    """Write `batch` within the caller's transaction.

    Raises what `db.engine.is_conflict` recognises when another process owns one of these devices too (see
    docs/alarms.md): load the engine anew and evaluate again.
    """
    connection = session.connection()
    stored = insert_readings(connection, batch.readings, received=batch.now)
    write_states(connection, batch.states)
    alarms = take_steps(session, batch.steps, now=batch.now, relate=relate)
    write_letters(session, batch.letters)
    if batch.changed:
        outbox.add(session, devices_changed(batch.changed, batch.now))
    if batch.seen is not None:
        freshness.note(session, SENSORS, batch.seen)
    return Applied(stored=stored, alarms=alarms)


def insert_readings(connection: Connection, readings: Readings, *, received: datetime) -> int:
    """Store the readings that are not there yet; return how many that were."""
    if not len(readings):
        return 0
    day = readings.ts // DAY_MS
    numbers = np.unique(day).tolist()
    stored = 0
    for number in numbers:
        part = readings if len(numbers) == 1 else _part(readings, day == number)
        name = days.ensure_day(connection, from_ms(number * DAY_MS).date())
        stored += days.insert(
            connection,
            name,
            (part.device_id, part.metric_id, part.ts, part.value, part.original_ts),
            received=received,
            new=bool(part.fresh.all()),
        )
    return stored


def write_states(connection: Connection, states: Sequence[State]) -> None:
    """Put the newest states in place, whether the device had one or not."""
    if not states:
        return
    columns = State._fields
    listed = ", ".join(f'"{c}"' for c in columns)
    kept = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in ("device_id", "area_path"))
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS incoming_states (LIKE device_states) ON COMMIT DELETE ROWS")
            with cursor.copy(f"COPY incoming_states ({listed}) FROM STDIN") as copy:
                copy.write("".join([_line(row) for row in states]))
            cursor.execute(
                f"INSERT INTO device_states ({listed}) SELECT {listed} FROM incoming_states "  # noqa: S608  # our names
                f"ON CONFLICT (device_id) DO UPDATE SET {kept}"
            )
            cursor.execute("TRUNCATE incoming_states")
        return
    statement = f"INSERT INTO device_states ({listed}) VALUES {{}} ON CONFLICT (device_id) DO UPDATE SET {kept}"  # noqa: S608  # our names
    marks = f"({', '.join('?' * len(columns))})"
    insert_lists(driver, statement, marks, [list(column) for column in zip(*states, strict=True)])


def _line(state: State) -> str:
    """A state as COPY reads it. JSON holds no tab and no end of a line, but a backslash means something to COPY."""
    device, path, status, version, last_ts, last_seen, values, memory = state
    seen = f"{_NULL if last_ts is None else last_ts}\t{_NULL if last_seen is None else last_seen}"
    told = f"{values}\t{memory}".replace("\\", "\\\\") if memory else f"{values}\t{_NULL}"
    return f"{device}\t{path}\t{status}\t{version}\t{seen}\t{told}\n"


def write_letters(session: Session, letters: Sequence[DeadLetter]) -> None:
    """Keep what could not be used."""
    if letters:
        kept = [{name: getattr(letter, name) for name in DeadLetter.__slots__} for letter in letters]
        session.execute(insert(DeadLetterRow), kept)


def devices_changed(changed: Sequence[DeviceState], now: datetime) -> DevicesChanged:
    """One event for all devices of a batch whose status byte changed."""
    return DevicesChanged(
        area=common_area([d.area for d in changed]),
        version=max(d.version for d in changed),
        at=now,
        devices=tuple(changed),
    )


def common_area(paths: Sequence[str]) -> str:
    """The path of the smallest area that holds all `paths`."""
    low, high = min(paths), max(paths)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[: same - same % PATH_STEP]


def ensure_source(session: Session) -> None:
    """Make sure that our source is listed."""
    if session.scalar(select(SourceRow.code).where(SourceRow.code == SENSORS)) is None:
        session.add(
            SourceRow(
                code=SENSORS, name="传感器", name_en="Sensors", owner=None, interval_s=60, last_seen=None, version=0
            )
        )


def _part(readings: Readings, chosen: NDArray[np.bool_]) -> Readings:
    return Readings(**{name: getattr(readings, name)[chosen] for name in Readings.__slots__})
