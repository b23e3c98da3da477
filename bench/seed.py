"""How long the reference district takes to seed into SQLite, against inserting the same residents and nothing else."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from bench.harness import Row, timed
from bench.servers import seed_cache
from data_access.db import migrate
from data_access.db.bulk import insert_columns
from data_access.db.engine import Database
from data_access.settings import Scale

COLUMNS = (
    "id",
    "household_id",
    "area_path",
    "name",
    "id_number",
    "phone",
    "sex",
    "born",
    "residency",
    "lives_alone",
    "disabled",
)


def run(full: bool) -> list[Row]:  # noqa: FBT001  # the harness's signature
    """Seed the district once (three times when `full`); the baseline is a bare executemany of its residents.

    What it seeds is kept: the benchmarks after it take their data from there.
    """
    samples = [_seed() for _ in range(3 if full else 1)]
    plain = _residents_alone(seed_cache(Scale.DISTRICT) / "yiping.db")
    return [
        Row(
            name="seed.district_s",
            value=median(samples),
            unit="s",
            samples=tuple(samples),
            baseline=plain,
            note="`yiping seed`; baseline: its residents alone, inserted into an empty table (half of them, times two)",
        )
    ]


def _seed() -> float:
    with timed() as watch:
        seed_cache(Scale.DISTRICT, anew=True)
    return watch.seconds


def _residents_alone(source: Path) -> float:
    """Seconds that the residents of the file `source` take into an empty table: twice those of every other one."""
    with closing(sqlite3.connect(f"file:{source}?immutable=1", uri=True)) as seeded:
        rows = seeded.execute(f"SELECT {', '.join(COLUMNS)} FROM residents WHERE id % 2 = 0 ORDER BY id").fetchall()
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    with tempfile.TemporaryDirectory(prefix="yiping-seed-") as folder:
        return 2 * _inserting(columns, Path(folder) / "plain.db")


def _inserting(columns: Mapping[str, Sequence[Any]], file: Path) -> float:
    database = Database(f"sqlite:///{file}")
    migrate.upgrade(database.engine)
    with database.engine.connect().execution_options(yiping_immediate=True) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        with timed() as watch, connection.begin():
            insert_columns(connection, "residents", columns)
    database.dispose()
    return watch.seconds
