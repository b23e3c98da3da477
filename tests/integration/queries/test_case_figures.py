"""The figures that the database counts are those of the one definition, case by case, kept or not; and their rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from data_access.commands.closing import keep_months
from data_access.db.closing import CLOSING, PLACE
from data_access.db.engine import Database
from data_access.db.tables import IncidentRow
from data_access.domain.case_indicators import FORMULAS, NAMES, Counts, Facts, Rate, tally
from data_access.domain.incidents import Outcome
from data_access.domain.periods import Period
from data_access.queries.closing import case_figures, mean_handling
from data_access.queries.incidents import page
from data_access.queries.indicators import indicators
from data_access.viewmodels.incidents import IncidentFilter
from tests.cases import HOUR, MOMENTS, fill_cases
from tests.small import DISTRICT_PATH


@pytest.fixture
def filled(database: Database, noon: datetime) -> Database:
    fill_cases(database, noon)
    return database


def facts(row: IncidentRow) -> Facts:
    outcome = Outcome(row.outcome) if row.outcome else None
    return Facts(outcome=outcome, voided_at=row.voided_at, **{name: getattr(row, name) for name in MOMENTS})


@pytest.mark.parametrize("kept", [False, True])
def test_what_the_database_counts_is_the_definition_case_by_case(
    filled: Database, noon: datetime, *, kept: bool
) -> None:
    period = Period((noon - 70 * 24 * HOUR).date(), noon.date())
    if kept:
        assert keep_months(filled, noon) > 0
    with filled.reading() as session:
        rows = [r for r in session.scalars(select(IncidentRow)) if r.run is None and r.code.startswith("F")]
        rows = [row for row in rows if period.start_at <= row.created_at < period.end_at]
        whole = case_figures(session, DISTRICT_PATH, period, now=noon)
        assert whole[None] == tally(map(facts, rows), noon)
        took = [row.handled_at - row.created_at for row in rows if tally([facts(row)], noon).handled and row.handled_at]
        mean = mean_handling(session, DISTRICT_PATH, period, now=noon)
        assert mean is not None
        assert abs(mean - sum(took, timedelta()) / len(took)) < timedelta(milliseconds=2)
        of_closing = case_figures(session, DISTRICT_PATH, period, now=noon, names=CLOSING)
        assert whole[None].closing == of_closing[None].closing
        for by, key in ((PLACE, "area_path"), ("unit", "unit_id")):
            found = case_figures(session, DISTRICT_PATH, period, by, now=noon)
            for value in Counter(getattr(row, key) for row in rows):
                mine = [facts(row) for row in rows if getattr(row, key) == value]
                assert found[value] == tally(mine, noon), (by, value)
        lines = indicators(session, DISTRICT_PATH, period.first, period.end, "unit", now=noon, names=NAMES)
        assert sum((line.cases for line in lines), Counts()) == whole[None]  # they add up to the area's own


def test_each_figure_leads_to_exactly_its_rows(filled: Database, noon: datetime) -> None:
    period = Period((noon - 70 * 24 * HOUR).date(), noon.date())
    days = IncidentFilter(state="all", first=period.first, end=period.end, unit_id=1)
    with filled.reading() as session:
        lines = indicators(session, DISTRICT_PATH, period.first, period.end, "unit", now=noon, names=NAMES)
        counts = next(line.cases for line in lines if line.key == 1)

        def behind(counted: str, less: str | None = None) -> int:
            wanted = replace(days, counted=counted, less=less)
            return len(page(session, DISTRICT_PATH, wanted, cursor=None, limit=200, now=noon).incidents)

        for name in NAMES:
            assert behind(name) == getattr(counts, name), name
        for rate in Rate:
            part, of = FORMULAS[rate]
            assert behind(of, part) == getattr(counts, of) - getattr(counts, part), rate
