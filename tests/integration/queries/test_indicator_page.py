"""Each number of /indicators is the count of the rows that its link opens; causes add up; the past stays."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy.orm import Session

from components import indicator_figures, indicator_table, indicator_why
from components.i18n import words
from components.markup import render
from data_access.commands.closing import keep_months
from data_access.db.engine import Database
from data_access.domain.case_indicators import Rate
from data_access.domain.errors import InvalidInput
from data_access.domain.periods import Period, month_of
from data_access.queries import areas
from data_access.queries.closing import figures_by_month
from data_access.queries.incidents import counted, page
from data_access.queries.indicator_page import Asked, compose
from data_access.queries.indicators import indicators
from data_access.viewmodels.incidents import IncidentFilter
from data_access.viewmodels.indicator_page import Against, Indicators, Measure
from data_access.viewmodels.indicators import By
from tests.cases import HOUR, fill_cases
from tests.small import DISTRICT_PATH, STREET, STREET_PATH

ZH = words("zh")
LINK = re.compile(r'<a [^>]*?href="(/incidents\?[^"]+)"[^>]*>(?:<[^>]+>)*([^<]+)')
NUMBER = re.compile(r"[\d,]+")


@pytest.fixture
def filled(database: Database, noon: datetime) -> Database:
    fill_cases(database, noon)
    return database


def view_of(session: Session, at: datetime, asked: Asked, period: Period, why: str = DISTRICT_PATH) -> Indicators:
    def fetch(path: str, of: Period, by: By | None, names: object) -> object:
        return indicators(session, path, of.first, of.end, by, now=at, names=names)  # type: ignore[arg-type]

    place, why_place = areas.read_place(session, DISTRICT_PATH, ""), areas.read_place(session, why, "")
    months = partial(_months, session, at)
    return compose(session, place, why_place, asked, period, at, fetch, months)  # type: ignore[arg-type]


def _months(session: Session, at: datetime, path: str, wanted: list[Period], names: tuple[str, ...]) -> object:
    return figures_by_month(session, path, wanted, now=at, names=names)


def behind(session: Session, address: str, at: datetime) -> int:
    """How many rows the list of an address has, read a page after the other."""
    asked = dict(parse_qsl(urlsplit(address).query))
    assert (asked["view"], asked["state"]) == ("list", "all")
    area = areas.find(session, asked["area"], "")
    assert area is not None
    numbers = {f"{name}_id": int(asked[name]) for name in ("type", "channel", "unit") if name in asked}
    wanted = IncidentFilter(
        state="all",
        first=date.fromisoformat(asked["from"]),
        end=date.fromisoformat(asked["to"]),
        counted=asked["count"],
        less=asked.get("less"),
        without=asked.get("without"),
        **numbers,  # type: ignore[arg-type]
    )
    found, cursor = 0, None
    while True:
        rows = page(session, area.path, wanted, cursor=cursor, limit=30, now=at)
        found, cursor = found + len(rows.incidents), rows.next
        if cursor is None:
            break
    assert counted(session, area.path, wanted, now=at) == found
    return found


@pytest.mark.parametrize("by", [By.STREET, By.COMMUNITY, By.GRID, By.UNIT, By.TYPE, By.MAIN_TYPE, By.CHANNEL])
def test_each_number_is_the_count_of_the_rows_that_its_link_opens(filled: Database, noon: datetime, by: By) -> None:
    period, query = Period((noon - 40 * 24 * HOUR).date(), noon.date()), {"lang": "zh"}
    asked = Asked(by=by, measure=Measure(rate=Rate.CLOSING), cause=By.STREET if by is By.STREET else by)
    with filled.reading() as session:
        view = view_of(session, noon, asked, period)
        trees: list[Any] = [indicator_table.build(view, query, ZH), indicator_why.build(view, query, ZH)]
        if by is By.STREET:
            trees += indicator_figures.build(view, query, ZH)
        found = LINK.findall(" ".join(render(tree) for tree in trees))
        kinds = set()
        for link, text in found:
            address = unescape(link)
            number = NUMBER.search(text)
            assert number, text
            rows = behind(session, address, noon)
            if "." not in text:  # a rate opens the cases it counts; everything else is their number
                assert rows == int(number[0].replace(",", "")), (text, address)
            assert rows
            kinds.add("without" if "without=" in address else "line")
        assert len(found) > 10
        assert kinds == {"without", "line"}  # 未归属 too


def test_the_lines_of_the_page_add_up_and_its_causes_are_the_change(filled: Database, noon: datetime) -> None:
    month = month_of((noon - 20 * 24 * HOUR).date())
    with filled.reading() as session:
        for rate in Rate:
            view = view_of(session, noon, Asked(measure=Measure(rate=rate), cause=By.TYPE), month)
            why = view.why
            assert why is not None
            now, before = why.measure.of(why.now), why.measure.of(why.before)
            if now is not None and before is not None:
                assert sum(cause.total for cause in why.causes) == pytest.approx(now - before), rate
                inside = view_of(session, noon, Asked(measure=Measure(rate=rate), within=1), month).why
                assert inside is not None
                assert inside.within is not None
                own = sum(cause.total for cause in inside.causes)
                assert own == pytest.approx(inside.within.total)
        score = view_of(session, noon, Asked(measure=Measure(rate=None)), month).why
        assert score is not None
        assert score.before is not None
        assert sum(c.total for c in score.causes) == pytest.approx((score.now.score or 0) - (score.before.score or 0))


def test_a_street_is_looked_into_from_the_page_of_its_district(filled: Database, noon: datetime) -> None:
    month = month_of((noon - 20 * 24 * HOUR).date())
    asked = Asked(measure=Measure(), against=Against.BEFORE, cause=By.COMMUNITY)
    with filled.reading() as session:
        why = view_of(session, noon, asked, month, STREET_PATH).why
        assert why is not None
        assert why.area.code == STREET
        assert {cause.line.name for cause in why.causes} <= {"community0", "community1", "未归属"}
        with pytest.raises(InvalidInput):
            view_of(session, noon, Asked(within=3_000), month)


def test_kept_months_change_no_number_of_the_page(filled: Database, noon: datetime) -> None:
    month = month_of((noon - 20 * 24 * HOUR).date())
    with filled.reading() as session:
        before = view_of(session, noon, Asked(), month)
    assert keep_months(filled, noon) > 0
    with filled.reading() as session:
        assert view_of(session, noon, Asked(), month) == before
