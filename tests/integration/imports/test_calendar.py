from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from data_access.db import calendar
from data_access.db.calendar import warn_doubtful, work_calendar
from data_access.db.engine import Database
from tests.appeals import Import

WEEK = "".join(f"2027-02-{day:02},0,春节\n" for day in range(5, 12))


def test_the_announced_holidays_are_free_and_the_saturdays_for_them_worked(database: Database) -> None:
    with database.reading() as session:
        found = work_calendar(session)
    assert not found.works(date(2026, 10, 1))
    assert found.works(date(2026, 10, 10))
    assert 2026 in found.years


def test_a_year_that_nobody_has_announced_is_warned_of_until_it_is_imported(
    importer: Import, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calendar._warn.cache_clear()
    start = datetime(2099, 1, 1, tzinfo=UTC)
    with database.reading() as session:
        before = work_calendar(session)
    for _ in range(3):
        warn_doubtful(before, start, start + timedelta(days=1))
    assert [record.message.split(":")[0] for record in caplog.records] == ["the holidays of 2099 are not known"]

    file = tmp_path / "2027.csv"
    file.write_text("day,working,name\n" + WEEK.replace("2027", "2099") + "2099-02-14,1,\n", "utf-8")
    assert importer("calendar", file).tally.added == 8
    assert importer("calendar", file).tally.unchanged == 8
    with database.reading() as session:
        after = work_calendar(session)
    assert not after.works(date(2099, 2, 5))
    assert after.works(date(2099, 2, 14))
    assert after.doubtful(start, start) == ()


def test_a_row_without_a_day_is_refused(importer: Import, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("day,working\n2099-02-05,\n", "utf-8")
    assert not importer("calendar", file).written
