"""The catalogue comes in from a file and goes out as one that comes in again unchanged."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from data_access.commands import items
from data_access.db.engine import Database
from data_access.db.tables import IncidentTypeRow, ItemRow
from data_access.ingest.imports import registry, template
from data_access.queries import exports
from tests.appeals import Import

HEAD = ("class_id", "level", "parent_id", "name", "item", "category", "case_hours", "handler", "urgency", "step_hours")


def write(path: Path, head: tuple[str, ...], rows: list[dict[str, Any]] | list[tuple[Any, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([row[name] for name in head] if isinstance(row, dict) else row for row in rows)
    return path


def tally(report: Any) -> tuple[int, int, int]:
    return report.tally.added, report.tally.updated, report.tally.unchanged


def test_what_ships_goes_out_and_comes_in_again_unchanged(
    importer: Import, database: Database, noon: datetime, tmp_path: Path
) -> None:
    with database.writing() as session:
        items.lay(session, noon)
    with database.reading() as session:
        found = exports.catalogue(session, exports.Filter())
        path = write(tmp_path / "catalogue.csv", found.columns, list(found))
    assert tally(importer("catalogue", path)) == (0, 0, 491)
    text = path.read_text("utf-8").replace(
        "电力设施故障,A,street,very_urgent,calendar,seven,12.0", "断电,A,district,特急,自然时间,seven,6"
    )
    path.write_text(text, "utf-8")
    assert tally(importer("catalogue", path)) == (0, 1, 490)
    with database.reading() as session:
        row = session.scalars(select(ItemRow).where(ItemRow.number == "A003").order_by(ItemRow.version.desc())).first()
        session.expunge_all()
    assert row is not None
    assert (row.name, row.level, row.version, row.limit_ms) == ("断电", 3, 2, 6 * 3_600_000)


def test_a_catalogue_of_ones_own_comes_in_whatever_the_order(
    importer: Import, database: Database, tmp_path: Path
) -> None:
    rows = [
        ("631", "细类", "63", "井盖", "A1", "A", "8", "街道", "特急", "register=0.1; dispatch=0.2"),
        ("63", "小类", "6", "道路", "", "", "", "", "", ""),
        ("6", "大类", "", "市政", "C9", "C", "70", "", "", ""),
    ]
    path = write(tmp_path / "own.csv", HEAD, rows)
    assert tally(importer("catalogue", path, source="city")) == (3, 0, 0)
    assert tally(importer("catalogue", path, source="city")) == (0, 0, 3)
    with database.reading() as session:
        one = session.execute(select(ItemRow).where(ItemRow.number == "A1")).scalar_one()
        of = session.get_one(IncidentTypeRow, one.type_id)
        session.expunge_all()
    assert (of.source, of.level, one.level, one.urgency, one.working) == ("city", 3, 2, 2, False)
    assert one.limits_ms == {"register": 360_000, "dispatch": 720_000}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("1", "细类", "9", "x", "", "", "", "", "", ""), "no class 9"),
        (("1", "1", "", "x", "A1", "", "8", "", "", ""), "category is missing"),
        (("1", "1", "", "x", "A1", "E", "8", "", "", ""), "none of"),
        (("1", "1", "", "x", "A1", "A", "", "", "", ""), "case_hours is missing"),
        (("1", "1", "", "x", "", "A", "8", "", "", ""), "item is missing"),
        (("1", "1", "", "x", "A1", "A", "8", "", "", "handle=soon"), "no limit"),
        (("1", "1", "", "x", "A1", "A", "8", "", "", "handle=9"), "超过了全案"),
        (("1", "1", "", "x", "A1", "A", "8", "", "", "sleep=1"), "没有“sleep”"),
    ],
)
def test_one_row_that_cannot_be_keeps_the_whole_file_out(
    importer: Import, database: Database, tmp_path: Path, row: tuple[str, ...], said: str
) -> None:
    path = write(tmp_path / "bad.csv", HEAD, [("2", "1", "", "好的", "C1", "C", "70", "", "", ""), row])
    report = importer("catalogue", path)
    assert not report.written
    assert said in report.refusals[0].reason
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(IncidentTypeRow)) == 0
    assert importer("catalogue", path, skip_bad=True).tally.added >= 1


def test_the_template_can_be_filled_in(importer: Import, tmp_path: Path) -> None:
    text = template.text(registry.find("catalogue")).replace(
        "\n640,3,185,", "\n6,1,,市政,,,,,,,,,,,\n185,2,6,部件,,,,,,,,,,,\n640,3,185,"
    )
    (tmp_path / "t.csv").write_text(text, "utf-8")
    assert tally(importer("catalogue", tmp_path / "t.csv")) == (3, 0, 0)
