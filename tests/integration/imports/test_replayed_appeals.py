"""Replayed appeals come in as live incidents, and no official figure counts them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data_access.auth.principal import Principal
from data_access.db.engine import Database
from data_access.db.tables import IncidentHistoryRow, IncidentRow, OutboxRow
from data_access.domain.accounts import Role
from data_access.domain.incidents import ClosingCounts, Outcome, Stage, format_percent, outcome_of_flags
from data_access.ingest import replay
from data_access.queries import exports
from data_access.queries.case_page import case_page
from data_access.queries.indicators import indicators
from data_access.queries.replays import run_lines, run_rates
from data_access.viewmodels.indicators import By
from tests import fleet
from tests.appeals import APPEALS, VENDORED, Import, made_up_appeals


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
        assert (session.scalar(select(func.count()).select_from(OutboxRow)) or 0) == sum(row.version for row in rows)
        for start, end in ((noon.date(), noon.date() + timedelta(days=2)), (date(2018, 1, 1), noon.date())):
            assert indicators(session, "000", start, end, now=clock[0])[0].counts.created == 0
    again = replay.appeals(services, path, speed=100_000, area="440310", sleep=sleep)
    assert again.run != done.run


def test_each_ends_as_its_flags_say_step_by_step_with_reconstructed_times(
    pingshan: Import, database: Database, noon: datetime, tmp_path: Path
) -> None:
    clock, boards = [noon], []
    services = fleet.services(database, lambda: clock[0])

    def sleep(seconds: float) -> None:
        clock[0] += timedelta(seconds=seconds)
        with database.reading() as session:
            boards.append(Counter(session.scalars(select(IncidentRow.stage))))

    path = made_up_appeals(tmp_path / "appeals.csv", 60)
    done = replay.appeals(services, path, speed=100_000, area="440310", sleep=sleep)
    facts = _facts(path)
    assert len({tuple(sorted(board.items())) for board in boards}) > 100  # the board is seen to move
    assert {stage for board in boards for stage in board} == {s.value for s in Stage} - {"void"}
    with database.reading() as session:
        rows = session.scalars(select(IncidentRow)).all()
        for row in rows:
            outcome = facts[row.source_ref.partition("/")[2]]
            assert row.outcome == outcome
            assert row.clock_at is None  # no clock of ours runs over times that were made up
            if outcome is None:
                assert (row.stage, row.due_at) == ("register", None)
                continue
            assert row.due_at is not None
            assert row.closed_at is not None
            assert (row.closed_at <= row.due_at) is (outcome is Outcome.ON_TIME)
            stamps = [
                getattr(row, f"{name}_at") for name in ("created", "registered", "dispatched", "handled", "verified")
            ]
            assert stamps == sorted(set(stamps))
        history = session.scalars(select(IncidentHistoryRow).where(IncidentHistoryRow.action == "advance")).all()
        assert all((line.detail or {})["estimated"].startswith("2018-") for line in history)
        one = next(row for row in rows if row.outcome == "overdue")
        page = case_page(
            session, one.code, Principal("li", Role.OFFICER, ""), now=clock[0], whole_phones=False, reply_days=14
        )
        assert all(step.estimated and step.estimated.year == 2018 for step in page.steps[1:])
        assert sum((step.used or timedelta(0) for step in page.steps), timedelta(0)) >= timedelta(hours=35)
        (exported, *_) = exports.incidents(session, exports.Filter(source="replay"))
        assert exported["times"] == "推定"
        streets, whole = run_rates(session, done.run, now=clock[0])
        assert run_lines(session, done.run, now=clock[0])[0].startswith(f"In all: 60 created, {whole.due} due")
    assert whole == _counted(facts.values())
    assert sum((counts for _, counts in streets), ClosingCounts()) == whole


def _facts(path: Path) -> dict[str, Outcome | None]:
    def flag(text: str) -> int | None:
        return None if text == "-" else int(text)

    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["REC_ID"]: outcome_of_flags(flag(row["OVERTIME_ARCHIVE_NUM"]), flag(row["INTIME_ARCHIVE_NUM"]))
            for row in csv.DictReader(file)
        }


def _counted(outcomes: Iterable[Outcome | None]) -> ClosingCounts:
    found = Counter(outcomes)
    on_time, late, open_ = (found[one] for one in Outcome)
    return ClosingCounts(
        created=found.total(), due=on_time + late + open_, closed=on_time + late, closed_on_time=on_time
    )


@pytest.mark.slow
@pytest.mark.skipif(not APPEALS.is_file(), reason=f"{APPEALS} is not here: set YIPING_TEST_DATA")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # 7,000 cases, step by step: once is enough
def test_the_real_appeals_replayed_end_with_the_true_rates(
    importer: Import, database: Database, noon: datetime
) -> None:
    importer("areas", VENDORED / "areas-nbs-2023.csv", area="440310")
    importer("appeals", APPEALS, area="440310")
    clock = [noon]

    def sleep(_seconds: float) -> None:
        clock[0] += timedelta(days=1)  # all of it is due at once

    done = replay.appeals(fleet.services(database, lambda: clock[0]), APPEALS, speed=1e6, area="440310", sleep=sleep)
    with database.reading() as session:
        streets, whole = run_rates(session, done.run, now=clock[0])
        period = date(2018, 1, 1), date(2019, 1, 1)
        official = indicators(session, "000", *period, By.STREET, now=noon)
    assert (whole.created, whole.due, whole.closed_on_time) == (6_952, 6_950, 6_236)
    assert format_percent(whole.on_time_rate) == "89.73%"
    assert dict(streets) == {line.name: line.counts for line in official if line.counts.created}
