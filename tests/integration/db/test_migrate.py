"""Migrations: repeatable, complete, and the same as the tables the code believes in."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import column, inspect, table, text
from sqlalchemy.exc import IntegrityError

from data_access.db import migrate, revision
from data_access.db.engine import Database
from data_access.db.tables import Base

ROOT = Path(__file__).parents[3]


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = sorted(inspect(database.engine).get_table_names())
    migrate.upgrade(database.engine)
    assert sorted(inspect(database.engine).get_table_names()) == before
    assert revision.current(database.engine) == migrate.newest()


def test_the_tables_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name == "readings")},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert revision.current(database.engine) is None
    database.dispose()


def test_a_database_that_is_in_use_is_upgraded_with_all_its_rows(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate.upgrade(database.engine, "0002")
    area = {"id": 1, "code": "440303", "name": "罗湖区", "kind": "district", "path": "000", "depth": 1, "aliases": "[]"}
    alarm = {"id": 7, "kind": "smoke", "severity": 4, "life_safety": 1, "state": "active_unacked", "occurrences": 1}
    alarm |= {"area_id": 1, "area_path": "000", "place": "5栋", "lng": 114.1, "lat": 22.5, "raised_at": 1, "last_at": 1}
    alarm |= {"source": "live", "version": 1}
    step = {"alarm_id": 7, "at": 1, "actor": "ingest", "action": "raise", "state": "active_unacked", "severity": 4}
    with database.writing() as session:
        for name, row in (("areas", area), ("alarms", alarm), ("alarm_history", step)):
            session.execute(table(name, *map(column, row)).insert().values(row))
    migrate.upgrade(database.engine)
    with database.writing() as session:
        assert session.execute(text("SELECT alarm_id FROM alarm_history")).all() == [(7,)]
        with pytest.raises(IntegrityError):  # foreign keys are heeded again
            session.execute(text("UPDATE alarm_history SET alarm_id = 8"))
        session.rollback()
    database.dispose()


def test_an_alarm_shelved_without_an_end_gets_one_a_day_after_it_was_put_aside(database: Database) -> None:
    shelf = {"shelved_until_clear": True, "shelve_reason": "施工", "state": "active_acked"}
    rows = {
        1: shelf,
        2: {**shelf, "source": "replay", "run": "r1"},  # the clock leaves replays alone
        3: {**shelf, "parent_id": 1},  # and what another alarm explains
        4: {**shelf, "shelved_until": 9_000, "clock_at": 9_000},
        5: {**shelf, "state": "closed"},
    }
    with database.writing() as session:
        session.execute(
            text(
                "INSERT INTO areas (id, code, name, kind, path, depth, aliases) "
                "VALUES (1, '440303', '罗湖区', 'district', '000', 1, '[]')"
            )
        )
        for number, more in rows.items():
            alarm = {
                "id": number,
                "kind": "litter",
                "severity": 2,
                "life_safety": False,
                "occurrences": 1,
                "area_id": 1,
            }
            alarm |= {"area_path": "000", "place": "5栋", "raised_at": 1, "last_at": 1, "source": "live", "version": 1}
            alarm |= more
            session.execute(table("alarms", *map(column, alarm)).insert().values(alarm))
            for at in (1_000, 5_000):
                step = {"alarm_id": number, "at": at, "actor": "amy", "action": "shelve", "severity": 2}
                step |= {"state": "active_acked"}
                session.execute(table("alarm_history", *map(column, step)).insert().values(step))
        session.execute(text("UPDATE alembic_version SET version_num = '0019'"))
    migrate.upgrade(database.engine, "0020")
    with database.reading() as session:
        found = session.execute(text("SELECT id, shelved_until, clock_at FROM alarms ORDER BY id")).all()
    end = 5_000 + 24 * 3_600_000
    assert found == [(1, end, end), (2, end, None), (3, end, None), (4, 9_000, 9_000), (5, None, None)]


def test_incidents_still_have_the_triggers_of_their_closing_figures(database: Database) -> None:
    """SQLite loses a table's triggers when a migration makes it anew: that migration must make them again."""
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'incidents'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'incidents'::regclass AND NOT tgisinternal",
    }
    with database.reading() as session:
        found = set(session.scalars(text(names[database.dialect])))
    on_adding = {"closing_inserted", "closing_deleted"} if database.dialect == "sqlite" else {"closing_added"}
    assert found >= {"closing_changed"} | on_adding


MIGRATOR = """
import sys
from data_access.db import migrate, revision
from data_access.db.engine import Database

migrate.upgrade(Database(sys.argv[1]).engine)
"""


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'together.db'}"
    starters = [subprocess.Popen([sys.executable, "-c", MIGRATOR, url], cwd=ROOT) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    database = Database(url)
    assert revision.current(database.engine) == migrate.newest()
    database.dispose()
