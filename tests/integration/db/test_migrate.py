"""Migrations: repeatable, complete, and the same as the tables the code believes in."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import Base

ROOT = Path(__file__).parents[3]


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = sorted(inspect(database.engine).get_table_names())
    migrate.upgrade(database.engine)
    assert sorted(inspect(database.engine).get_table_names()) == before
    assert migrate.current(database.engine) == migrate.newest()


def test_the_tables_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name == "readings")},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert migrate.current(database.engine) is None
    database.dispose()


MIGRATOR = """
import sys
from data_access.db import migrate
from data_access.db.engine import Database

migrate.upgrade(Database(sys.argv[1]).engine)
"""


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'together.db'}"
    starters = [subprocess.Popen([sys.executable, "-c", MIGRATOR, url], cwd=ROOT) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    database = Database(url)
    assert migrate.current(database.engine) == migrate.newest()
    database.dispose()
