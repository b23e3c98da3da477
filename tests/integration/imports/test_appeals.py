"""The published figures of Pingshan come out of the file, and every line agrees with a count made by hand."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data_access.db.engine import Database
from data_access.db.tables import AreaRow, ChannelRow, IncidentRow, UnitRow
from data_access.domain.incidents import ClosingCounts, format_percent
from data_access.queries.indicators import indicators
from data_access.viewmodels.indicators import By, IndicatorLine
from tests.appeals import APPEALS, Import

YEAR = (date(2018, 1, 1), date(2019, 1, 1))


def by_hand(path: Path, key: str) -> dict[str, tuple[int, int, int]]:
    """Created, due, closed on time by the value of one column of the file."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            counts = found[row[key]]
            counts[0] += 1
            counts[1] += row["OVERTIME_ARCHIVE_NUM"] in "01" or row["INTIME_ARCHIVE_NUM"] in "01"
            counts[2] += row["INTIME_ARCHIVE_NUM"] == "1"
    return {name: (a, b, c) for name, (a, b, c) in found.items()}


def lines(database: Database, by: By | None, now: datetime) -> tuple[IndicatorLine, ...]:
    with database.reading() as session:
        path = session.scalar(select(AreaRow.path).where(AreaRow.code == "440310"))
        assert path is not None
        return indicators(session, path, *YEAR, by, now=now)


def figures(counts: ClosingCounts) -> tuple[int, int, int]:
    return counts.created, counts.due, counts.closed_on_time


@pytest.mark.skipif(not APPEALS.is_file(), reason=f"{APPEALS} is not here; generated appeals are tested instead")
def test_the_real_file_gives_the_published_figures(pingshan: Import, database: Database, noon: datetime) -> None:
    report = pingshan("appeals", APPEALS, area="440310")
    assert (report.tally.added, report.refusals) == (6952, [])
    (whole,) = lines(database, None, noon)
    assert whole.counts == ClosingCounts(created=6952, due=6950, closed=6950, closed_on_time=6236)
    assert format_percent(whole.counts.on_time_rate) == "89.73%"
    assert "7 rows name no street: counted in 坪山区, shown as 未归属." in report.notes


def test_each_street_community_channel_and_class_has_its_own_true_figures(
    pingshan: Import, database: Database, noon: datetime, appeals_file: Path
) -> None:
    pingshan("appeals", appeals_file, area="440310")
    for by, column in ((By.STREET, "STREET_NAME"), (By.COMMUNITY, "COMMUNITY_NAME")):
        truth = by_hand(appeals_file, column)
        shown = {line.name: figures(line.counts) for line in lines(database, by, noon)}
        assert shown.pop("未归属") == truth.pop("-")
        assert {name: f for name, f in shown.items() if f[0]} == truth
    for by, column in (
        (By.CHANNEL, "EVENT_SRC_ID"),
        (By.TYPE, "EVENT_TYPE_ID"),
        (By.MAIN_TYPE, "MAIN_TYPE_ID"),
        (By.SUB_TYPE, "SUB_TYPE_ID"),
        (By.UNIT, "DISPOSE_UNIT_ID"),
    ):
        truth = by_hand(appeals_file, column)
        shown = {line.code or "-": figures(line.counts) for line in lines(database, by, noon)}
        assert shown == truth


def test_the_lines_add_up_to_the_area(pingshan: Import, database: Database, noon: datetime, appeals_file: Path) -> None:
    pingshan("appeals", appeals_file, area="440310")
    (whole,) = lines(database, None, noon)
    for by in By:
        assert sum((line.counts for line in lines(database, by, noon)), ClosingCounts()) == whole.counts


def test_a_second_import_changes_nothing_and_a_correction_is_an_update(
    pingshan: Import, database: Database, appeals_file: Path, tmp_path: Path
) -> None:
    first = pingshan("appeals", appeals_file, area="440310")
    again = pingshan("appeals", appeals_file, area="440310")
    assert (again.tally.added, again.tally.updated, again.tally.unchanged) == (0, 0, first.tally.added)
    text = appeals_file.read_text("utf-8-sig").splitlines()
    corrected = tmp_path / "corrected.csv"
    corrected.write_text("\n".join([text[0], text[1].replace(",投诉,", ",咨询,").replace(",求决,", ",咨询,")]))
    third = pingshan("appeals", corrected, area="440310")
    assert (third.tally.added, third.tally.updated) == (0, 1)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IncidentRow)) == first.tally.added
        assert session.scalar(select(func.max(IncidentRow.version))) == 2


def test_ids_identify_and_the_most_frequent_name_is_shown(
    pingshan: Import, database: Database, appeals_file: Path
) -> None:
    pingshan("appeals", appeals_file, area="440310")
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with appeals_file.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            names[row["EVENT_SRC_ID"]][row["EVENT_SRC_NAME"]] += 1
    with database.reading() as session:
        for ref, name in session.execute(select(ChannelRow.ref, ChannelRow.name)):
            assert names[ref][name] == max(names[ref].values())
        assert session.scalar(select(func.count()).select_from(UnitRow)) == len(
            {ref for ref in by_hand(appeals_file, "DISPOSE_UNIT_ID") if ref != "-"}
        )


def test_no_time_is_invented(pingshan: Import, database: Database, appeals_file: Path) -> None:
    pingshan("appeals", appeals_file, area="440310")
    with database.reading() as session:
        assert session.scalar(select(func.count(IncidentRow.closed_at))) == 0
        assert session.scalar(select(func.count(IncidentRow.due_at))) == 0


def test_an_unknown_street_refuses_the_whole_file(
    pingshan: Import, database: Database, appeals_file: Path, tmp_path: Path
) -> None:
    text = appeals_file.read_text("utf-8-sig").splitlines()
    broken = tmp_path / "broken.csv"
    rows = [row for row in text[1:] if "坪山街道" in row][:3]
    broken.write_text("\n".join([text[0], rows[0], rows[1].replace("坪山街道", "月亮街道"), rows[2]]))
    report = pingshan("appeals", broken, area="440310")
    assert not report.written
    assert [(r.line, r.reason) for r in report.refusals] == [(3, "there is no street 月亮街道 in 坪山区")]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IncidentRow)) == 0
        assert session.scalar(select(func.count()).select_from(ChannelRow)) == 0
    report = pingshan("appeals", broken, area="440310", skip_bad=True)
    assert (report.written, report.tally.added) == (True, 2)
