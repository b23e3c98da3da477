"""A real web process on a small district: uvicorn, Valkey and SQLite of our own, shared by the tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from data_access.db import migrate
from data_access.db.engine import Database
from data_access.db.tables import (
    AttachmentRow,
    IncidentHistoryRow,
    IncidentRow,
    PatrolPointRow,
    PatrolVisitRow,
    ReportRow,
    SourceRow,
)
from data_access.live import bus
from tests.conftest import free_port
from tests.small import fill
from tests.web import ROOT, Valkey, Web, healthy, wait_for


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web process, started once. Tests leave Redis running and may add rows."""
    with serving(tmp_path_factory.mktemp("web")) as found:
        yield found


@pytest.fixture(scope="module")
def left_as_found(web: Web) -> Iterator[None]:
    """Takes away the cases that a file of tests has made, with all that hangs on them: other tests count them."""
    with web.database.reading() as session:
        last = session.scalar(select(func.max(IncidentRow.id))) or 0
    yield
    with web.database.writing() as session:
        for table in (AttachmentRow, ReportRow, IncidentHistoryRow):
            session.execute(delete(table).where(table.incident_id > last))
        session.execute(delete(IncidentRow).where(IncidentRow.id > last))
        for whole in (PatrolVisitRow, PatrolPointRow):
            session.execute(delete(whole))
        session.execute(delete(SourceRow).where(SourceRow.code.in_(("report", "open311"))))


@contextmanager
def serving(folder: Path) -> Iterator[Web]:
    """A web process of one's own on the small district."""
    valkey = Valkey(folder)
    database = Database(f"sqlite:///{folder / 'yiping.db'}")
    migrate.upgrade(database.engine)
    fill(database, datetime.now(UTC) - timedelta(minutes=5))  # noqa: TID251  # the web process reads the same clock
    port, log = free_port(), folder / "web.log"
    environment = {
        **os.environ,
        "YIPING_DATA_DIR": str(folder),
        "YIPING_REDIS_URL": valkey.url,
        "YIPING_HEARTBEAT_S": "0.5",
        "YIPING_SIGN_IN_RATE": "10000",  # all files of tests sign in from one address; the limit has a test of its own
    }
    command = [sys.executable, "-m", "uvicorn", "app:create_app", "--factory", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--timeout-graceful-shutdown", "1"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    found = Web(f"http://127.0.0.1:{port}", log, valkey, database, bus.connect(valkey.url))
    try:
        wait_for(lambda: process.poll() is not None or healthy(found.url), 120)
        assert process.poll() is None, log.read_text()
        yield found
    finally:
        process.terminate()
        process.wait(10)
        valkey.kill()
        found.redis.close()
        database.dispose()
