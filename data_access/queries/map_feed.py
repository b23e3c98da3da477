"""Points for the map: devices as bytes from arrays in memory, cameras and incidents as short rows, areas as GeoJSON.

Where devices stand changes only with imports, so positions are kept as arrays per process, sorted by area path: a
subtree is one slice. Their states are loaded once and then kept up to date by the events the hub hands on; whenever
the hub had to start again, or Redis is away, they are read anew. A request costs a slice and a copy.
"""

from __future__ import annotations

import secrets
import struct
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, CameraRow, IncidentRow, ResourceRow, ResponsibleRow, to_ms
from data_access.domain import masking
from data_access.domain.areas import subtree_bounds
from data_access.domain.devices import DeviceKind, DeviceStatus
from data_access.live import reload
from data_access.live.audience import Device
from data_access.queries.incident_filter import OPEN
from data_access.viewmodels.map import Box

MAX_POINTS: Final = 200_000
"""More devices than this in one answer are thinned out: all that are not normal stay, of the others every k-th."""
MAX_ROWS: Final = 20_000
MAX_INCIDENTS: Final = 2_000
_UNTOLD_S: Final = 1.0  # how old states may be while no events come
_KINDS: Final = {kind.value: index for index, kind in enumerate(DeviceKind)}
_WORN: Final = _KINDS[DeviceKind.WATCH]
"""Worn by a person: where it is, is where he is."""
_DEVICES: Final = text(
    "SELECT d.id, d.lng, d.lat, d.kind, d.area_path, s.version, s.status FROM devices d "
    "LEFT JOIN device_states s ON s.device_id = d.id"
)
_STATES: Final = text("SELECT device_id, version, status FROM device_states")


@dataclass(frozen=True, slots=True)
class Feed:
    """One answer: the bytes, a tag that changes with them, and by how much they were thinned out."""

    body: bytes
    tag: str
    total: int
    every: int


class _Arrays:
    """Devices sorted by (path, id). `version` and `status` change in place."""

    def __init__(self, rows: list[Any], data_version: int) -> None:
        self.data_version = data_version
        self.key = secrets.token_hex(4)
        self.changes = 0
        path = np.array([row[4] for row in rows], dtype="S30")
        ids = np.array([row[0] for row in rows], dtype=np.int32)
        order = np.lexsort((ids, path))
        self.path: NDArray[np.bytes_] = path[order]
        self.id = ids[order]
        self.lng = np.rint(np.array([row[1] for row in rows], dtype=np.float64) * 1e6).astype(np.int32)[order]
        self.lat = np.rint(np.array([row[2] for row in rows], dtype=np.float64) * 1e6).astype(np.int32)[order]
        self.kind = np.array([_KINDS.get(row[3], 255) for row in rows], dtype=np.uint8)[order]
        self.version = np.array([row[5] or 0 for row in rows], dtype=np.uint32)[order]
        unseen = int(DeviceStatus.NEVER_SEEN)
        self.status = np.array([unseen if row[6] is None else row[6] for row in rows], dtype=np.uint8)[order]
        self.row = {int(device): at for at, device in enumerate(self.id)}

    def apply(self, device: int, version: int, status: int) -> None:
        at = self.row.get(device)
        if at is not None and version > self.version[at]:
            self.status[at] = status  # before the version: a reader in between sees at worst an old version
            self.version[at] = version
            self.changes += 1


class DeviceFeed:
    """The devices of this process's database as arrays. Safe to read from threads while events are applied."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._arrays: _Arrays | None = None
        self._meanwhile: list[Device] | None = None  # what came while arrays were being built
        self._stale = True
        self._read_at = 0.0

    def warm(self) -> None:
        """Load the arrays before anybody asks."""
        self._current(told=True)

    def changed(self, devices: list[Device] | None) -> None:
        """Take what the hub hands on; None: it does not know what was missed."""
        if devices is None:
            self._stale = True
            return
        if self._meanwhile is not None:
            self._meanwhile += devices
        if self._arrays is not None:
            self._apply(self._arrays, devices)

    def is_worn(self, device: int) -> bool:
        """Tell whether a person wears the device; of one that is not known here, yes."""
        arrays = self._arrays
        at = arrays.row.get(device) if arrays is not None else None
        return arrays is None or at is None or bool(arrays.kind[at] == _WORN)

    def answer(
        self, path: str, box: Box | None, *, told: bool, now: datetime, packed: bool = False, wall: bool = False
    ) -> Feed:
        """The devices of the subtree of `path` within `box`; `packed` as their differences, see `_planes`.

        `told`: events are coming in, so memory is the truth. A `wall` gets none that a person wears.
        """
        arrays = self._current(told=told)
        low, high = subtree_bounds(path)
        first, last = np.searchsorted(arrays.path, [low.encode(), high.encode()])
        chosen: slice | NDArray[np.intp] = slice(int(first), int(last))
        if box is not None:
            lng, lat = arrays.lng[chosen], arrays.lat[chosen]
            west, south, east, north = (round(v * 1e6) for v in (box.west, box.south, box.east, box.north))
            inside = (lng >= west) & (lng <= east) & (lat >= south) & (lat <= north)
            chosen = first + np.flatnonzero(inside)
        if wall:
            chosen = np.arange(len(arrays.id))[chosen]
            chosen = chosen[arrays.kind[chosen] != _WORN]
        total, every = len(arrays.id[chosen]), 1
        tag = f"{arrays.key}-{arrays.changes}-{path}-{box.text if box else ''}-{int(packed)}{int(wall)}"
        if total > MAX_POINTS:
            chosen, every = _thinned(arrays, np.arange(len(arrays.id))[chosen])
        version = arrays.version[chosen].copy()  # before the status: see `apply`
        columns = (arrays.id[chosen], arrays.lng[chosen], arrays.lat[chosen], version)
        parts = [struct.pack("<4sId", b"YPM2" if packed else b"YPM1", len(version), to_ms(now))]
        parts += [_planes(column) if packed else column.tobytes() for column in columns]
        parts += [arrays.kind[chosen].tobytes(), arrays.status[chosen].tobytes()]
        return Feed(b"".join(parts), tag, total, every)

    @staticmethod
    def _apply(arrays: _Arrays, devices: list[Device]) -> None:
        for device in devices:
            arrays.apply(device.id, device.version, device.status)

    def _current(self, *, told: bool) -> _Arrays:
        with self._lock, self._database.reading() as session:
            number = reload.version(session)
            arrays = self._arrays
            if arrays is None or arrays.data_version != number:
                self._stale, self._meanwhile = False, []
                arrays = self._arrays = _Arrays(list(session.execute(_DEVICES)), number)
                self._apply(arrays, self._meanwhile)
                self._meanwhile = None
            elif self._stale or (not told and time.monotonic() - self._read_at > _UNTOLD_S):
                self._stale = False
                for device, version, status in session.execute(_STATES):
                    arrays.apply(device, version, status)
            else:
                return arrays
            self._read_at = time.monotonic()
            return arrays


def _planes(column: NDArray[np.int32] | NDArray[np.uint32]) -> bytes:
    """Each value's difference to the one before, its sign in the lowest bit; all lowest bytes first, then the next.

    Neighbours in the tree of areas are neighbours on the ground: compressed, this is half of what the values are.
    """
    values = column.view(np.int32)
    steps = values.copy()
    steps[1:] -= values[:-1]  # wraps around, as the reader's sum does
    zigzag: NDArray[np.int32] = (steps << 1) ^ (steps >> 31)
    return bytes(zigzag.astype("<i4").view(np.uint8).reshape(-1, 4).T.tobytes())


def _thinned(arrays: _Arrays, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], int]:
    abnormal = arrays.status[rows] != 0
    room = max(MAX_POINTS - int(abnormal.sum()), 1)
    every = -(-int((~abnormal).sum()) // room)
    return rows[abnormal | (arrays.id[rows] % every == 0)], every


def cameras(session: Session, path: str, box: Box | None) -> list[list[Any]]:
    """`[id, lng, lat, delivering, name, code]` of the subtree's cameras within `box`."""
    row = CameraRow
    low, high = subtree_bounds(path)
    query = (
        select(row.id, row.lng, row.lat, row.delivering, row.name, row.code)
        .where(row.area_path >= low, row.area_path < high)
        .order_by(row.id)
        .limit(MAX_ROWS)
    )
    if box is not None:
        query = query.where(row.lng.between(box.west, box.east), row.lat.between(box.south, box.north))
    return [list(found) for found in session.execute(query)]


def incidents(session: Session, path: str) -> list[list[Any]]:
    """`[id, lng, lat, stage, code, title]` of the subtree's newest open incidents that have a place."""
    row = IncidentRow
    low, high = subtree_bounds(path)
    query = (
        select(row.id, row.lng, row.lat, row.stage, row.code, row.title)
        .where(OPEN, row.area_path >= low, row.area_path < high, row.lng.is_not(None), row.lat.is_not(None))
        .order_by(row.created_at.desc(), row.id.desc())
        .limit(MAX_INCIDENTS)
    )
    return [list(found) for found in session.execute(query)]


def resources(session: Session, path: str) -> list[list[Any]]:
    """`[id, lng, lat, kind, name, code]` of the subtree's resources."""
    row = ResourceRow
    low, high = subtree_bounds(path)
    query = (
        select(row.id, row.lng, row.lat, row.kind, row.name, row.code)
        .where(row.area_path >= low, row.area_path < high)
        .order_by(row.id)
        .limit(MAX_ROWS)
    )
    return [list(found) for found in session.execute(query)]


def workers(session: Session, path: str) -> list[list[Any]]:
    """`[id, lng, lat, masked name, grid, its English name, its code]` of the subtree's grid workers.

    The place is the middle of the grid a worker answers for: nobody's position is known here.
    """
    row = ResponsibleRow
    low, high = subtree_bounds(path)
    query = (
        select(row.id, AreaRow.lng, AreaRow.lat, row.name, AreaRow.name, AreaRow.name_en, AreaRow.code)
        .join(AreaRow, AreaRow.id == row.area_id)
        .where(row.area_path >= low, row.area_path < high, row.role == "grid_worker", AreaRow.lng.is_not(None))
        .order_by(row.id)
        .limit(MAX_ROWS)
    )
    return [
        [number, lng, lat, masking.name(name), *area]
        for number, lng, lat, name, *area in session.execute(query).tuples()
    ]
