"""What the tests of imports share: a way to import, Pingshan's areas, appeals real or made up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from data_access.commands import foundation
from data_access.db.engine import Database
from data_access.ingest.imports import registry
from data_access.ingest.imports.kind import Context
from data_access.ingest.imports.runner import Report
from tests.appeals import APPEALS, VENDORED, Import, made_up_appeals


@pytest.fixture
def importer(database: Database, redis: Redis, noon: datetime) -> Import:
    """Imports a file into the database of the test."""
    with database.writing() as session:
        foundation.lay(session)

    def run(
        kind: str, path: Path, *, skip_bad: bool = False, mapping: dict[str, str] | None = None, **options: Any
    ) -> Report:
        context = Context(database=database, now=noon, **options)
        return registry.find(kind).run(context, path, redis=redis, skip_bad=skip_bad, mapping=mapping)

    return run


@pytest.fixture
def pingshan(importer: Import) -> Import:
    """The same, with Pingshan's areas in place."""
    report = importer("areas", VENDORED / "areas-nbs-2023.csv", area="440310")
    assert report.tally.added == 33
    return importer


@pytest.fixture
def appeals_file(tmp_path: Path) -> Path:
    """The real appeals where they are at hand, else generated rows of the same shape."""
    if APPEALS.is_file():
        return APPEALS
    print(f"{APPEALS} is not here: the tests run on generated appeals (set YIPING_TEST_DATA to use the real ones)")
    return made_up_appeals(tmp_path / "appeals.csv", 1_500)
