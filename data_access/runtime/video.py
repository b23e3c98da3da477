"""The worker's round of the cameras: some at a time it looks whether a picture comes, and notes what it saw."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from data_access.commands import freshness
from data_access.db.engine import Database
from data_access.db.tables import CameraRow, SourceRow
from data_access.ingest import video

EVERY_S: Final = 20.0
AT_ONCE: Final = 400
"""Cameras looked at in one step."""
FETCHED: Final = 20
"""Of these, how many from another server: with `EVERY_S`, 60 a minute."""
_HANDS: Final = 8
_SOURCE: Final = {"name": "视频", "name_en": "Video", "interval_s": 60}


class Round:
    """Goes around all cameras that have a stream, in the order of their ids, for ever."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._after = 0

    def step(self, now: datetime) -> int:
        """Look at the next cameras; return how many deliver. The source `video` is fresh if one of them does."""
        cameras = self._next()
        if not cameras:
            return 0
        seen = _looked_at(sorted(set(cameras.values())))
        good = [number for number, stream in cameras.items() if seen[stream]]
        bad = [number for number, stream in cameras.items() if not seen[stream]]
        with self._database.writing() as session:
            session.execute(update(CameraRow).where(CameraRow.id.in_(good)).values(delivering=True, last_frame_at=now))
            session.execute(update(CameraRow).where(CameraRow.id.in_(bad)).values(delivering=False))
            if good and not freshness.note(session, freshness.VIDEO, now):
                session.add(SourceRow(code=freshness.VIDEO, version=0, **_SOURCE))
                session.flush()
                freshness.note(session, freshness.VIDEO, now)
        return len(good)

    def _next(self) -> dict[int, str]:
        with self._database.reading() as session:
            rows = session.execute(
                select(CameraRow.id, CameraRow.stream)
                .where(CameraRow.id > self._after, CameraRow.stream.is_not(None))
                .order_by(CameraRow.id)
                .limit(AT_ONCE)
            ).all()
        found: dict[int, str] = {}
        fetched = 0
        for number, stream in rows:
            fetched += not (stream or "").startswith(video.DEMO)
            if fetched > FETCHED:
                break
            found[number] = stream or ""
        ended = len(found) == len(rows) < AT_ONCE
        self._after = 0 if ended else max(found)
        return found


def _looked_at(streams: list[str]) -> dict[str, bool]:
    if all(stream.startswith(video.DEMO) for stream in streams):
        return {stream: video.delivers(stream) for stream in streams}
    with ThreadPoolExecutor(_HANDS, thread_name_prefix="video") as hands:
        return dict(zip(streams, hands.map(video.delivers, streams), strict=True))
