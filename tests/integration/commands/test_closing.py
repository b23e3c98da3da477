"""Kept closing figures are the counted ones to the last digit, whatever happened to the cases, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from data_access.commands import closing
from data_access.commands.closing import keep_months
from data_access.db.closing import CLOSING, LABELLED, LOOP, NO_KEY, PLACE
from data_access.db.engine import Database
from data_access.db.tables import AreaRow, ChannelRow, ClosingFigureRow, ClosingMonthRow, IncidentRow
from data_access.domain.case_indicators import Counts
from data_access.domain.periods import Period, month_of
from data_access.queries.closing import case_figures, figures_by_month
from tests.small import fill

START = datetime(2025, 11, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIODS = [
    Period(START.date(), datetime(2026, 5, 1, tzinfo=UTC).date()),
    Period(datetime(2025, 12, 1, tzinfo=UTC).date(), datetime(2026, 4, 1, tzinfo=UTC).date()),
    Period(datetime(2026, 1, 15, tzinfo=UTC).date(), datetime(2026, 3, 20, tzinfo=UTC).date()),
]


def counted(session: Session, path: str, period: Period, by: str | None, now: datetime) -> dict[Any, list[int]]:
    """The figures case by case, in plain words."""
    found: dict[Any, list[int]] = {}
    for case in session.scalars(select(IncidentRow).where(IncidentRow.run.is_(None))):
        if not case.area_path.startswith(path) or not period.start_at <= case.created_at < period.end_at:
            continue
        key = case.area_path if by == PLACE else getattr(case, LABELLED[by].key) if by else None
        closed = case.closed_at is not None and case.closed_at <= now
        if case.outcome is not None:
            due, done, in_time = True, case.outcome != "open", case.outcome == "on_time"
        else:
            due = case.stage != "void" and case.due_at is not None and (case.due_at <= now or closed)
            done = due and closed
            in_time = bool(done and case.closed_at and case.due_at and case.closed_at <= case.due_at)
        line = found.setdefault(key, [0, 0, 0, 0])
        for column, value in enumerate((True, due, done, in_time)):
            line[column] += value
    return found


def values(chance: random.Random, places: list[tuple[int, str]], channels: list[int]) -> dict[str, Any]:
    created = START + chance.randrange(180 * 24) * HOUR
    area_id, area_path = chance.choice(places)
    return {
        "created_at": created,
        "area_id": area_id,
        "area_path": area_path,
        "channel_id": chance.choice([None, *channels]),
        "stage": chance.choice(["report", "handle", "closed", "void"]),
        "due_at": chance.choice([None, created + 72 * HOUR, created + 900 * HOUR]),
        "closed_at": chance.choice([None, None, created + chance.randrange(1500) * HOUR]),
        "outcome": chance.choice([None, None, None, "on_time", "overdue", "open"]),
        "run": chance.choice([None, None, None, "r1"]),
    }


def something_happens(session: Session, chance: random.Random, places: list[tuple[int, str]], n: int) -> None:
    channels = list(session.scalars(select(ChannelRow.id)))
    new = values(chance, places, channels)
    numbers = list(session.scalars(select(IncidentRow.id)))
    match chance.randrange(4):
        case 0 if numbers:
            session.execute(delete(IncidentRow).where(IncidentRow.id == chance.choice(numbers)))
        case 1 | 2 if numbers:
            changed = {name: new[name] for name in chance.sample(sorted(new), 2)}
            session.execute(update(IncidentRow).where(IncidentRow.id == chance.choice(numbers)).values(changed))
        case _:
            session.add(IncidentRow(code=f"N{n}", source="test", source_ref=str(n), title="占道经营", **new))


@pytest.mark.parametrize("seed", range(2))
def test_kept_figures_are_the_counted_ones_under_random_changes(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    fill(database, START)
    with database.writing() as session:
        places = [(a.id, a.path) for a in session.scalars(select(AreaRow))]
        session.add_all(ChannelRow(source="test", ref=str(n), name=f"渠道{n}") for n in range(3))
    now, used = START + 170 * 24 * HOUR, Counter[str]()
    for n in range(25):
        with database.writing() as session:
            for part in range(chance.randrange(4)):
                something_happens(session, chance, places, 10 * n + part)
        now += chance.randrange(40) * HOUR
        if chance.random() < 0.5:
            keep_months(database, now)
        asked = now + chance.choice([-HOUR, HOUR * 0, 30 * HOUR, 900 * HOUR])
        with database.reading() as session:
            path, period = chance.choice(places)[1], chance.choice(PERIODS)
            for by in (None, PLACE, *LABELLED):
                found = case_figures(session, path, period, by, now=asked, names=CLOSING)
                got = {k: counts.closing for k, counts in found.items()}
                plain = {k: [c.created, c.due, c.closed, c.closed_on_time] for k, c in got.items() if c.created}
                assert plain == counted(session, path, period, by, asked), (n, by)
            kept = session.scalars(select(ClosingMonthRow.starts_at).where(ClosingMonthRow.built_at.is_not(None)))
            used["kept"] += len(list(kept))
    assert used["kept"] > 30


def test_a_month_is_kept_until_one_of_its_cases_changes(database: Database, noon: datetime) -> None:
    fill(database, noon)
    last_month = noon - timedelta(days=40)
    with database.writing() as session:
        number = session.scalars(select(IncidentRow.id)).first()
        session.execute(update(IncidentRow).values(created_at=last_month, due_at=last_month, closed_at=last_month))
    assert keep_months(database, noon) == 2  # April, and May which has none
    assert keep_months(database, noon) == 0
    with database.writing() as session:  # who has it changes no figure
        session.execute(update(IncidentRow).where(IncidentRow.id == number).values(owner="wang"))
    assert keep_months(database, noon) == 0
    with database.writing() as session:
        session.execute(update(IncidentRow).where(IncidentRow.id == number).values(outcome="overdue"))
    assert keep_months(database, noon) == 1
    with database.reading() as session:
        assert session.scalars(select(ClosingFigureRow.key).where(ClosingFigureRow.by == "unit")).first() == NO_KEY


def test_a_month_that_changes_while_it_is_counted_is_not_kept(
    database: Database, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, noon)
    last_month = noon - timedelta(days=40)
    with database.writing() as session:
        session.execute(update(IncidentRow).values(created_at=last_month, due_at=None))

    def counted_too_late(*given: Any) -> Any:
        found = count(*given)
        with database.writing() as session:
            session.execute(update(IncidentRow).values(outcome=next(outcomes)))
        return found

    count, outcomes = closing._count, iter(("on_time", "overdue"))
    monkeypatch.setattr(closing, "_count", counted_too_late)
    assert keep_months(database, noon) == 1  # May, which has no case
    monkeypatch.undo()
    assert keep_months(database, noon) == 1


def test_a_count_waits_for_a_change_that_is_under_way(postgres: Database, noon: datetime) -> None:
    """Otherwise the month would be kept without a case that its count could not see yet."""
    fill(postgres, noon)
    last_month = noon - timedelta(days=40)
    with postgres.writing() as session:
        session.execute(update(IncidentRow).values(created_at=last_month))
    with ThreadPoolExecutor(1) as other:
        with postgres.writing() as session:
            session.execute(update(IncidentRow).values(outcome="on_time"))
            counting = other.submit(keep_months, postgres, noon)
            with pytest.raises(TimeoutError):
                counting.result(0.5)
        assert counting.result(10) == 2
    period = Period(last_month.date().replace(day=1), noon.date())
    with postgres.reading() as session:
        assert case_figures(session, "000", period, now=noon, names=CLOSING)[None].closing.closed_on_time == 3


def test_months_read_in_one_query_are_those_read_one_by_one(database: Database, noon: datetime) -> None:
    fill(database, noon)
    month = month_of(noon.date())
    wanted = [month.previous().previous(), month.previous(), month]
    for kept in (False, True):
        if kept:
            assert keep_months(database, noon) > 0
        with database.reading() as session:
            together = figures_by_month(session, "000", wanted, now=noon, names=LOOP)
            months = [case_figures(session, "000", of, now=noon, names=LOOP) for of in wanted]
            apart = [found.get(None, Counts()) for found in months]
        assert list(together) == apart
    assert sum(counts.reported for counts in together) > 0
