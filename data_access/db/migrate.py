"""Schema migrations: bring a database to the newest revision, write a new revision."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text


class MigrationError(RuntimeError):
    """The database cannot be brought to the newest revision; it is as it was."""


_HERE = Path(__file__).parent / "migrations"
_LOCK_KEY = 7_205_511


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the database to the newest revision, or to another; safe when several processes start at once."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            connection.commit()
            try:
                command.upgrade(_config(connection), to)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
                connection.commit()
        elif MigrationContext.configure(connection).get_current_revision() != newest():  # else no lock is wanted
            connection.rollback()
            _upgrade_sqlite(connection.execution_options(yiping_immediate=True), to)


def _upgrade_sqlite(connection: Connection, to: str) -> None:
    """SQLite changes a table by making it anew, which foreign keys to it forbid: they are looked at afterwards."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # a connected connection has one
    driver.execute("PRAGMA foreign_keys=OFF")  # heeded outside a transaction only
    try:
        with connection.begin():  # ours, or Alembic would commit each revision and another process come in between
            command.upgrade(_config(connection), to)
            if broken := connection.execute(text("PRAGMA foreign_key_check")).first():
                raise MigrationError(f"a row of {broken[0]} would point at nothing in {broken[2]}")
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def newest() -> str | None:
    """The newest revision the code knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def revise(engine: Engine, message: str, revision: str) -> None:
    """Write a new revision from the difference between tables and database (a developer's command)."""
    with engine.connect() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config
