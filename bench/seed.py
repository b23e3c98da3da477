"""How long the reference district takes to seed into SQLite, against inserting the same residents and nothing else."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.harness import Row, timed
from data_access.db import migrate
from data_access.db.bulk import insert_columns
from data_access.db.engine import Database
from data_access.demo.seed import seed
from data_access.settings import Scale, Settings

EPOCH = datetime(2026, 6, 1, 4, tzinfo=UTC)
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
    """Seed the district once (three times when `full`); the baseline is a bare executemany of its residents."""
    with tempfile.TemporaryDirectory(prefix="yiping-seed-") as folder:
        samples = [_seed(Path(folder), n) for n in range(3 if full else 1)]
        plain = _residents_alone(Path(folder))
    middle = sorted(samples)[len(samples) // 2]
    return [
        Row(
            name="seed.district_s",
            value=middle,
            unit="s",
            samples=tuple(samples),
            baseline=plain,
            note="baseline: inserting its 1.14 million residents, made before, into an empty table",
        )
    ]


def _seed(folder: Path, number: int) -> float:
    database = _empty(folder / f"seed{number}.db")
    with timed() as watch:
        seed(database, Settings(scale=Scale.DISTRICT), now=EPOCH)
    database.dispose()
    return watch.seconds


def _residents_alone(folder: Path) -> float:
    source = Database(f"sqlite:///{folder / 'seed0.db'}")
    with source.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT {', '.join(COLUMNS)} FROM residents ORDER BY id").fetchall()
    source.dispose()
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    database = _empty(folder / "plain.db")
    with database.engine.connect().execution_options(yiping_immediate=True) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        with timed() as watch, connection.begin():
            insert_columns(connection, "residents", columns)
    database.dispose()
    return watch.seconds


def _empty(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.engine)
    return database
