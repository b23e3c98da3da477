from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from data_access.api.exports import MEDIA, workbook
from data_access.db.engine import Database
from data_access.domain.incidents import ClosingCounts
from data_access.queries import areas
from data_access.queries.figures import figures
from data_access.viewmodels.overview import GroupLine, Ledger
from tests.small import COMMUNITY, fill
from tests.web import Web


def test_the_workbook_holds_what_the_interface_answers(web: Web) -> None:
    answer = web.get("/api/v1/overview.xlsx?lang=en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA
    assert ".xlsx" in answer.headers["content-disposition"]
    book = load_workbook(BytesIO(answer.content))
    names = ["About", "Ledger", "Closing", "Areas below", "Channels", "Now", "Sources"]
    assert book.sheetnames == names
    about = dict(book["About"].iter_rows(min_row=2, values_only=True))
    found = web.get(
        f"/api/v1/indicators?from={about['Period from']:%Y-%m-%d}&to={about['Period to (excluded)']:%Y-%m-%d}"
    ).json()["lines"][0]
    now = next(book["Closing"].iter_rows(min_row=2, values_only=True))
    assert now[1:5] == (found["created"], found["due"], found["closed"], found["closed_on_time"])


@pytest.mark.parametrize(
    ("query", "status"), [("area=nowhere", 404), ("from=x&to=2026-01-01", 400), ("from=2026-02-01&to=2026-01-01", 400)]
)
def test_a_workbook_of_nothing_is_refused(web: Web, query: str, status: int) -> None:
    assert web.get(f"/api/v1/overview.xlsx?{query}").status_code == status


def test_the_service_worker_is_served_from_the_root_and_asked_for_anew(web: Web) -> None:
    answer = web.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "/sw.js" not in web.get("/").text  # a worker, not a script of the page
    manifest = web.get("/assets/manifest.webmanifest").json()
    for icon in manifest["icons"]:
        assert web.get(icon["src"]).status_code == 200


def test_few_people_are_not_said_and_no_name_is_a_formula(database: Database, noon: datetime) -> None:
    fill(database, noon)
    with database.reading() as session:
        area = areas.find(session, COMMUNITY, "")
        assert area is not None
        view = figures(session, area, "", None, None, at=noon)
    view = replace(
        view,
        ledger=Ledger(noon.date(), {"elderly_alone": 3, "aed": 3}, {}, {}),
        children=(GroupLine("1", "=HYPERLINK(0)", None, ClosingCounts(created=1)),),
    )
    book = load_workbook(BytesIO(workbook(view, english=False)))
    assert [row[1] for row in book["底数"].iter_rows(min_row=2, values_only=True)] == ["<5", 3]
    cell = book["下级区域"]["B2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(0)", "s")
