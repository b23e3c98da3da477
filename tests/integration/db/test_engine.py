"""Reading and writing: what a transaction keeps, and many processes writing at once."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from data_access.db import engine, migrate
from data_access.db.engine import Database
from data_access.db.tables import MetaRow

ROOT = Path(__file__).parents[3]


def keys(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(MetaRow.key)))


def test_what_is_written_is_kept_and_hooks_hear_of_it(database: Database) -> None:
    heard: list[Session] = []
    database.after_commit(heard.append)
    with database.writing() as session:
        session.add(MetaRow(key="a", value="1"))
        assert not heard
    assert keys(database) == ["a"]
    assert len(heard) == 1


def test_a_failure_keeps_nothing_and_hooks_hear_nothing(database: Database) -> None:
    heard: list[Session] = []
    database.after_commit(heard.append)
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        session.add(MetaRow(key="a", value="1"))
        session.flush()
        _ = 1 / 0
    assert keys(database) == []
    assert not heard


def test_a_refused_row_takes_its_whole_transaction_with_it(database: Database) -> None:
    with database.writing() as session:
        session.add(MetaRow(key="a", value="1"))
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(MetaRow(key="b", value="1"))
        session.flush()
        session.execute(text("INSERT INTO meta (key, value) VALUES ('a', '2')"))
    assert keys(database) == ["a"]


def test_a_busy_database_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    migrate.upgrade(database.engine)
    other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    migrate.upgrade(database.engine)  # at the newest already: needs no lock
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 5_000)
    timer = threading.Timer(0.3, other.execute, ("ROLLBACK",))
    timer.start()
    with database.writing() as session:
        session.add(MetaRow(key="a", value="1"))
    timer.join()
    assert keys(database) == ["a"]
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as found, database.writing():
        pass
    assert engine.is_busy(found.value)
    other.close()
    database.dispose()


def test_reading_keeps_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(MetaRow(key="a", value="1"))
        session.flush()
    assert keys(database) == []


def test_a_reader_sees_one_moment_while_another_writes(sqlite: Database) -> None:
    with sqlite.reading() as reader:
        count = select(func.count()).select_from(MetaRow)
        assert reader.scalar(count) == 0
        with sqlite.writing() as session:
            session.add(MetaRow(key="a", value="1"))
        assert reader.scalar(count) == 0


WRITER = """
import sys
from sqlalchemy import func, select
from data_access.db import engine, migrate
from data_access.db.engine import Database
from data_access.db.tables import MetaRow

url, worker = sys.argv[1:]
database = Database(url)
for i in range(60):
    with database.writing() as session:
        session.scalar(select(func.count()).select_from(MetaRow))
        session.add(MetaRow(key=f"{worker}-{i}", value=""))
"""


@pytest.mark.slow
def test_many_processes_that_read_and_write_never_fail(sqlite: Database) -> None:
    url = sqlite.engine.url.render_as_string()
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url, str(n)], cwd=ROOT) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert len(keys(sqlite)) == 240
