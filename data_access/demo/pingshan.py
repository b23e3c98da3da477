"""First start of the Pingshan deployment: real areas, outline, points and appeals, from the files of the operator.

It does what a person would do with `yiping import`; the appeals themselves are never part of the product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from data_access.db.engine import Database
from data_access.demo import schematic
from data_access.domain.errors import InvalidInput
from data_access.ingest.crs import Crs
from data_access.ingest.imports import registry
from data_access.ingest.imports.kind import Context
from data_access.settings import Settings

DISTRICT: Final = "440310"


@dataclass(frozen=True, slots=True)
class _Step:
    kind: str
    file: str
    crs: Crs = Crs.WGS84
    area: str | None = DISTRICT


_STEPS: Final = (
    _Step("areas", "areas-nbs-2023.csv"),
    _Step("boundaries", f"boundaries-gcj02/{DISTRICT}.geojson", Crs.GCJ02),
    _Step("points", "pingshan-community-points-bd09.csv", Crs.BD09),
    _Step("appeals", "pingshan-appeals-2018.csv"),
)


def setup(
    database: Database, settings: Settings, *, now: datetime, progress: Callable[[float, str], None]
) -> list[str]:
    """Load the files of YIPING_DATA_FILES; return the notes of the imports.

    Raises `InvalidInput` when the setting is missing, a file is not there, or one is refused.
    """
    folder = settings.data_files
    if folder is None:
        raise InvalidInput("YIPING_DEPLOYMENT=pingshan needs YIPING_DATA_FILES: the folder with the Pingshan files.")
    missing = [step.file for step in _STEPS if not (folder / step.file).is_file()]
    if missing:
        raise InvalidInput(f"YIPING_DATA_FILES={folder} lacks {', '.join(missing)}.")
    nobody = Redis(
        port=9, retry=Retry(NoBackoff(), 0), socket_connect_timeout=1
    )  # nothing listens before a first start
    notes: list[str] = []
    for number, step in enumerate(_STEPS):
        begun = number / (len(_STEPS) + 1)
        progress(begun, step.kind)
        notes += _load(database, nobody, folder / step.file, step, now)
    progress(0.9, "drawing outlines")
    notes += schematic.fill_gaps(database, nobody)
    progress(1.0, "done")
    return notes


def _load(database: Database, redis: Redis, file: Path, step: _Step, now: datetime) -> list[str]:
    context = Context(database=database, now=now, crs=step.crs, area=step.area)
    report = registry.find(step.kind).run(context, file, redis=redis)
    if not report.written:
        first = report.refusals[0]
        raise InvalidInput(f"{step.file} was refused; line {first.line}: {first.reason}.")
    return report.notes
