"""A task of the worker: keeps, once a day, how many devices were online and how many cameras delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select

from data_access.commands import days
from data_access.db.engine import Database
from data_access.db.tables import AreaRow
from data_access.domain.areas import PATH_STEP
from data_access.domain.facts import Daily
from data_access.domain.periods import local_day
from data_access.queries.counters import counters

EVERY_S: Final = 600.0


def keep(database: Database, now: datetime) -> int:
    """Note the figures of the present day; those of an area without devices and cameras are none."""
    figures: dict[str, dict[Daily, int]] = {}
    with database.reading() as session:
        paths = set(session.scalars(select(AreaRow.path)))
        for root in sorted({path[:PATH_STEP] for path in paths}):
            inside = [path for path in paths if path.startswith(root)]
            for path, found in counters(session, inside, root, now=now).items():
                if found["devices.total"]:
                    online = found["devices.total"] - found["devices.offline"]
                    figures.setdefault(path, {})[Daily.DEVICES_ONLINE] = online
                if found["cameras.total"]:
                    figures.setdefault(path, {})[Daily.CAMERAS_DELIVERING] = found["cameras.delivering"]
    with database.writing() as session:
        return days.keep(session, local_day(now), figures)
