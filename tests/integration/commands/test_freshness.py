"""When a source last delivered is noted exactly, or once a second where it delivers all the time."""

from __future__ import annotations

from datetime import datetime, timedelta

from data_access.commands import freshness
from data_access.db.engine import Database
from data_access.db.tables import SourceRow


def test_what_comes_thirty_times_a_second_is_noted_once(database: Database, noon: datetime) -> None:
    with database.writing() as session:
        assert not freshness.note_often(session, "x", noon)
        freshness.ensure(session, "x", "某", "Some", None, 60)
        for n in range(60):
            assert freshness.note_often(session, "x", noon + timedelta(seconds=n / 30))
    with database.reading() as session:
        row = session.get_one(SourceRow, "x")
        assert (row.version, row.last_seen) == (2, noon + timedelta(seconds=1))
