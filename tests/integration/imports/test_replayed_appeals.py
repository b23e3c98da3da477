"""Replayed appeals come in as live incidents, and no official figure counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from data_access.db.engine import Database
from data_access.db.tables import IncidentRow, OutboxRow
from data_access.ingest import replay
from data_access.queries.indicators import indicators
from tests import fleet
from tests.appeals import Import, made_up_appeals


def test_replayed_appeals_are_live_incidents_that_no_figure_counts(
    pingshan: Import, database: Database, noon: datetime, tmp_path: Path
) -> None:
    clock = [noon]

    def sleep(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)

    path = made_up_appeals(tmp_path / "appeals.csv", 60)
    services = fleet.services(database, lambda: clock[0])
    done = replay.appeals(services, path, speed=100_000, area="440310", sleep=sleep)
    assert (done.rows, done.left_out) == (60, ())
    with database.reading() as session:
        rows = session.scalars(select(IncidentRow).order_by(IncidentRow.created_at)).all()
        assert {(row.run, row.source) for row in rows} == {(done.run, "replay")}
        assert rows[0].created_at == noon
        assert rows[0].original_created_at == datetime(2018, 2, 8, 7, 34, 40, tzinfo=UTC)
        pace = (rows[-1].created_at - rows[0].created_at) / timedelta(minutes=55 * 59)
        assert abs(pace * 100_000 - 1) < 0.01
        assert (session.scalar(select(func.count()).select_from(OutboxRow)) or 0) >= 60
        for start, end in ((noon.date(), noon.date() + timedelta(days=2)), (date(2018, 1, 1), noon.date())):
            assert indicators(session, "000", start, end, now=clock[0])[0].counts.created == 0
    again = replay.appeals(services, path, speed=100_000, area="440310", sleep=sleep)
    assert again.run != done.run
