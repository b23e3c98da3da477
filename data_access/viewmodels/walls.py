"""What is shown of the connected walls: the last report of each, and whether it still reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from data_access.live.walls import Entry

EVERY: Final = timedelta(seconds=15)
"""How often a wall reports."""
LOST_AFTER: Final = 3 * EVERY


@dataclass(frozen=True, slots=True)
class WallLine:
    """One wall. `data_age_ms` is how old its picture was at `at`; a lost wall may show anything, or nothing."""

    id: str
    name: str
    area: str
    area_name: str
    metric: str
    mode: str
    connection: str
    data_age_ms: int | None
    latency_ms: int | None
    build: str
    current: bool  # runs the build of this server
    width: int | None
    height: int | None
    ratio: float | None
    awake: bool
    open_s: int
    at: datetime
    lost: bool
    path: str


@dataclass(frozen=True, slots=True)
class WallPage:
    """All walls that reported within a day, as they are at `at`; those that report first, then by name."""

    at: datetime
    build: str
    walls: tuple[WallLine, ...]


def page(entries: Iterable[Entry], now: datetime, build: str) -> WallPage:
    """The page of walls at `now`, as a server of `build` sees them."""
    lines = (_line(entry, now, build) for entry in entries)
    return WallPage(now, build, tuple(sorted(lines, key=lambda w: (w.lost, w.name, w.id))))


def _line(entry: Entry, now: datetime, build: str) -> WallLine:
    said = entry.report
    size = said.viewport
    return WallLine(
        id=said.id,
        name=said.name,
        area=said.area,
        area_name=said.area_name,
        metric=said.metric,
        mode=said.mode,
        connection=said.connection,
        data_age_ms=said.data_age_ms,
        latency_ms=said.latency_ms,
        build=said.build,
        current=said.build == build,
        width=size.width if size else None,
        height=size.height if size else None,
        ratio=size.ratio if size else None,
        awake=said.awake,
        open_s=said.open_s,
        at=entry.at,
        lost=now - entry.at > LOST_AFTER,
        path=said.path,
    )
