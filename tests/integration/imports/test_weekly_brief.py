"""The weekly brief of Pingshan: its text has the figures that the file itself has, in both languages, and nobody's."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from components.pdf_sheet import Face
from components.weekly import render
from data_access.db.engine import Database
from data_access.domain.periods import week_name, week_of
from data_access.queries import areas
from data_access.queries.weekly import read_weekly
from data_access.runtime import qr_sheets
from tests.appeals import Import
from tests.pdf import text_of

CHINESE = re.compile(r"[\u3400-\u9fff]")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig") as rows:
        return list(csv.DictReader(rows))


def _monday(row: dict[str, str]) -> date:
    return week_of(datetime.fromisoformat(row["CREATE_TIME"]).date()).first


@pytest.mark.slow
def test_the_brief_says_what_the_file_says(
    pingshan: Import, database: Database, appeals_file: Path, noon: datetime
) -> None:
    pingshan("appeals", appeals_file, area="440310")
    rows = _rows(appeals_file)
    counts = Counter(map(_monday, rows))
    monday = max(counts, key=lambda day: (counts[day], day))
    mine = [row for row in rows if _monday(row) == monday]
    before = counts[monday - timedelta(days=7)]
    on_time = sum(row["INTIME_ARCHIVE_NUM"] == "1" for row in mine)
    late = sum(row["OVERTIME_ARCHIVE_NUM"] == "1" for row in mine)
    due = sum(
        "1" in (row["INTIME_ARCHIVE_NUM"], row["OVERTIME_ARCHIVE_NUM"], row["INTIME_TO_ARCHIVE_NUM"]) for row in mine
    )
    face = Face(*qr_sheets.font(None), None)
    with database.reading() as session:
        area = areas.find(session, "440310", "")
        assert area is not None
        view = read_weekly(session, area, week_of(monday), at=noon)
    document = render(view, face, "zh")
    text = text_of(document)
    year, week, _ = monday.isocalendar()
    for said in (
        "坪山区社区治理周报",
        f"{year} 年第 {week} 期",
        f"{monday:%m-%d} 周一 至 {monday + timedelta(days=6):%m-%d} 周日",
        f"本周受理 {counts[monday]:,} 件",
        f"{100 * on_time / due:.1f}",
        "超期结案",
    ):
        assert said in text, said
    lines = text.splitlines()
    figures = lines[lines.index("受理量") :]
    assert figures[1] == f"{counts[monday]:,}"
    assert figures[figures.index("超期结案") + 1] == str(late)
    change = 100 * (counts[monday] - before) / before if before else None
    assert change is None or f"{abs(change):.1f}%" in figures[4]
    for street, n in Counter(row["STREET_NAME"] for row in mine if row["STREET_NAME"] != "-").most_common(3):
        at = lines.index(street.removesuffix("街道"))
        assert lines[at + 1] == f"{n:,}"
    top, n = Counter(row["EVENT_TYPE_NAME"] for row in mine).most_common(1)[0]
    assert lines[lines.index(top, lines.index("事件类别")) + 1] == f"{n:,}"
    assert render(view, face, "zh") == document  # nothing in it tells when it was drawn
    assert week_name(week_of(monday)) not in text  # screens and paper say it in words

    english = text_of(render(view, face, "en"))
    names = {name for row in rows for name in row.values() if CHINESE.search(name)} | {"坪山区"}
    shorter = {name.removesuffix("街道").removesuffix("社区") for name in names}
    rest = english
    for name in sorted(names | shorter, key=len, reverse=True):
        rest = rest.replace(name, "")
    told = [line for line in rest.splitlines() if CHINESE.search(line) and "…" not in line]
    sources = [source.name for source in view.sources]
    assert [line for line in told if not any(name in line for name in sources)] == []
    assert f"{counts[monday]:,} cases came in" in english
    assert not re.search(r"1\d{10}", text)
