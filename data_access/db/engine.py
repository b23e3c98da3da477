"""The database as the rest of the house sees it: a place to read and a place to write.

SQLite runs in WAL with explicit BEGIN IMMEDIATE for writes (a deferred BEGIN with several writing processes fails
most of its transactions: see docs/architecture.md); PostgreSQL runs as it is. Nothing else differs.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_MS = 30_000
_PATIENCE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A PostgreSQL that falls silent (a pulled cable, a failover) is noticed within half a minute, not after two hours.

libpq's words; the same words in the URL take precedence.
"""

DATABASE_ERRORS: Final = (DBAPIError, NoConnectionError, sqlite3.Error, psycopg.Error)
"""What a database raises that is away, locked or full, or refuses something; through SQLAlchemy or from the driver."""
_REFUSALS: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    psycopg.DataError,
    psycopg.IntegrityError,
)
_PAUSES_S: Final = (0.1, 0.3, 0.9)
_SQLITE_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_UNIQUE: Final = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def is_refusal(error: BaseException) -> bool:
    """Whether the database refuses a value or a row, so that asking again cannot help.

    Everything else among `DATABASE_ERRORS` is taken for a state that passes: away, locked, full, read-only after a
    failover, not migrated yet.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.ProgrammingError):
        return cause.sqlstate is None  # the driver could not even put it into words
    return isinstance(cause, _REFUSALS)


def is_conflict(error: BaseException) -> bool:
    """Whether a row of the same key is there already."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.UniqueViolation) or (
        isinstance(cause, sqlite3.IntegrityError) and cause.sqlite_errorname in _SQLITE_UNIQUE
    )


def is_busy(error: BaseException) -> bool:
    """Whether SQLite was kept from a lock by another writer."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF in _SQLITE_BUSY


class Database:
    """Engine plus the two ways to use it. One a process, built by the composition root or a command."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = make_engine(url, pool_size=pool_size)
        self._after_commit: list[Callable[[Session], None]] = []

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def after_commit(self, hook: Callable[[Session], None]) -> None:
        """Call `hook` with the session after each `writing()` has committed (the outbox relay listens here)."""
        self._after_commit.append(hook)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reads; nothing it does is kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back when the block raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.dialect == "sqlite":
                _begin_patiently(session)
            yield session
            session.commit()
            for hook in self._after_commit:
                hook(session)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Build an engine for a `sqlite:///` or `postgresql://` URL with the settings the house relies on."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=20,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    patience = {name: value for name, value in _PATIENCE.items() if name not in parsed.query}
    return create_engine(parsed, pool_size=pool_size, max_overflow=20, pool_pre_ping=True, connect_args=patience)


def _begin_patiently(session: Session) -> None:
    """Take SQLite's write lock; a busy database is asked again within a minute, beyond the driver's own patience."""
    until = time.monotonic() + 2 * BUSY_TIMEOUT_MS / 1000
    for pause in (*_PAUSES_S, None):
        try:
            session.connection(execution_options={"yiping_immediate": True})
        except OperationalError as error:
            if pause is None or not is_busy(error) or time.monotonic() >= until:
                raise
            session.rollback()
            time.sleep(pause)
        else:
            return


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
        "mmap_size=1073741824",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    immediate = connection.get_execution_options().get("yiping_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
