"""The one definition of the indicators, against what was published and against the real appeals."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from data_access.domain.case_indicators import FORMULAS, OF_STEPS, WEIGHTS, Counts, Facts, Rate, tally
from data_access.domain.incidents import Outcome, format_percent, outcome_of_flags
from tests.appeals import APPEALS

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DONE = Facts(
    due_at=NOON + 72 * HOUR,
    registered_at=NOON + HOUR,
    register_due_at=NOON + HOUR,
    dispatched_at=NOON + 2 * HOUR,
    dispatch_due_at=NOON + 2 * HOUR,
    handled_at=NOON + 50 * HOUR,
    handle_due_at=NOON + 48 * HOUR,
    closed_at=NOON + 60 * HOUR,
)
LATER = NOON + 500 * HOUR


def test_the_published_rates_of_tianmen() -> None:
    counts = Counts(reported=972, due_handling=972, handled=911, handled_on_time=737)
    assert format_percent(counts.rate(Rate.HANDLING)) == "93.72%"
    assert format_percent(counts.rate(Rate.HANDLING_ON_TIME)) == "75.82%"


@pytest.mark.skipif(not APPEALS.exists(), reason="the appeals file is not here")
def test_the_real_rows_of_pingshan() -> None:
    def flag(text: str) -> int | None:
        return int(text) if text in {"0", "1"} else None

    with APPEALS.open(encoding="utf-8-sig", newline="") as file:
        cases = [
            Facts(outcome=outcome_of_flags(flag(row["OVERTIME_ARCHIVE_NUM"]), flag(row["INTIME_ARCHIVE_NUM"])))
            for row in csv.DictReader(file)
        ]
    counts = tally(cases, LATER)
    assert (counts.reported, counts.due_closing, counts.closed_on_time) == (6952, 6950, 6236)
    assert format_percent(counts.rate(Rate.CLOSING_ON_TIME)) == "89.73%"
    assert counts.rate(Rate.HANDLING) is None  # the file has no times: nothing is made up


def test_a_case_that_went_through_counts_everywhere_once() -> None:
    counts = tally([DONE], LATER)
    assert counts == Counts(
        reported=1,
        registered=1,
        registered_on_time=1,
        due_dispatch=1,
        dispatched=1,
        dispatched_on_time=1,
        dispatched_right=1,
        due_handling=1,
        handled=1,  # two hours late
        due_closing=1,
        closed=1,
        closed_on_time=1,
    )


def test_nothing_counts_before_it_happened() -> None:
    assert tally([DONE], NOON) == Counts(reported=1)
    late = tally([DONE], NOON + 49 * HOUR)
    assert (late.due_handling, late.handled, late.overdue_unhandled, late.due_closing) == (1, 0, 1, 0)


def test_rework_extension_and_return_count_from_their_moment() -> None:
    at = NOON + 55 * HOUR
    case = replace(DONE, reworked_at=at, extended_at=at, returned_at=at)
    before, after = tally([case], at - HOUR), tally([case], LATER)
    assert (before.extended, before.dispatched_right) == (0, 1)
    assert (after.reworked, after.extended, after.dispatched_right) == (1, 1, 0)


def test_a_void_case_is_due_for_nothing_from_then_on() -> None:
    case = replace(DONE, voided_at=NOON + 3 * HOUR, handled_at=None, closed_at=None)
    assert tally([case], NOON + 2 * HOUR).due_dispatch == 1
    assert tally([case], LATER) == Counts(reported=1, registered=1, registered_on_time=1)


def test_the_composite_score_by_hand() -> None:
    counts = Counts(
        due_handling=972,
        handled=911,
        handled_on_time=737,
        overdue_unhandled=61,
        extended=20,
        due_closing=900,
        reworked=9,
    )
    by_hand = 911 / 972 * 30 + 737 / 972 * 20 + (1 - 9 / 900) * 20 + (1 - 61 / 972) * 20 + (1 - 20 / 972) * 10
    assert counts.score == pytest.approx(by_hand)
    perfect = Counts(due_handling=1, handled=1, handled_on_time=1, due_closing=1)
    assert perfect.score == 100
    assert Counts(due_handling=1, handled=1).score is None
    assert sum(points for points, _ in WEIGHTS.values()) == 100


@pytest.mark.parametrize("rate", list(Rate))
def test_every_rate_has_its_formula_over_counts_that_exist(rate: Rate) -> None:
    names = {f.name for f in fields(Counts)}
    part, whole = FORMULAS[rate]
    assert {part, whole} <= names
    assert Counts().rate(rate) is None
    steps = {"due_handling": 4} if rate in OF_STEPS else {}
    assert Counts(**{part: 1, whole: 4}, **steps).rate(rate) == 25
    assert (Counts(**{whole: 1}, **steps) + Counts(**{part: 1, whole: 3})).rate(rate) == 25


def test_flags_alone_say_nothing_of_rework_or_of_when_a_case_was_registered() -> None:
    counts = tally([Facts(outcome=Outcome.OVERDUE)], LATER)
    assert (counts.registered, counts.due_closing) == (1, 1)
    assert [counts.rate(rate) for rate in (Rate.REWORK, Rate.REGISTERING_ON_TIME)] == [None, None]
    assert (counts + tally([DONE], LATER)).rate(Rate.REWORK) == 0
