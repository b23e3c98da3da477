"""A hot topic is one that its own past does not explain, as often by mistake as is printed: simulated, not asserted."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime

import numpy as np
import pytest
from numpy.random import Generator

from data_access.domain.hot_topics import FACTOR, FALSE_ALARMS, LEAST, WEEKS_BEFORE, find, spread, tail
from tests.appeals import APPEALS

SHARE = 1 / (WEEKS_BEFORE + 1)
Draw = Callable[[Generator, np.ndarray], np.ndarray]


def test_as_many_as_ever_is_no_surprise() -> None:
    assert tail(10, 90, SHARE) == 1.0


def test_the_probability_is_that_of_the_binomial_tail() -> None:
    assert tail(2, 2, SHARE) == pytest.approx((1 / 9) ** 2)
    assert tail(1, 2, SHARE) == pytest.approx(1 - (8 / 9) ** 2)
    assert tail(0, 0, SHARE) == 1.0


def test_a_scatter_beyond_poisson_makes_the_same_rise_likelier_and_none_leaves_it() -> None:
    """The beta-binomial by its own definition: the binomial tail, averaged over the share that a week may have."""
    draws = np.random.default_rng(1).beta(60 / 2 * SHARE, 60 / 2 * (1 - SHARE), 400_000)
    by_hand = float((np.random.default_rng(2).binomial(60, draws) >= 14).mean())
    assert tail(14, 60, SHARE, 3.0) == pytest.approx(by_hand, rel=0.03)
    assert tail(14, 60, SHARE, 1.0) < tail(14, 60, SHARE, 3.0)
    assert tail(14, 60, SHARE, 1.021) == pytest.approx(tail(14, 60, SHARE), rel=0.1)


def test_a_large_class_does_not_overflow() -> None:
    assert 0 <= tail(4_000, 28_000, SHARE) < 1e-6
    assert 0 <= tail(40_000, 280_000, SHARE, 5.0) < 1e-6


def test_a_rise_is_found_and_few_cases_are_none_however_new() -> None:
    totals = [1_000] * (WEEKS_BEFORE + 1)
    found = find({"up": [4] * 8 + [16], "new": [0] * 8 + [LEAST], "few": [0] * 8 + [4], "as ever": [9] * 9}, totals)
    assert {cell.key: cell.hot for cell in found.cells} == {"up": True, "new": True, "as ever": False}
    assert found.tested == 3  # the fourth could never be hot
    up = next(cell for cell in found.cells if cell.key == "up")
    assert (up.last, up.expected) == (16, 4.0)


def test_a_sure_but_small_rise_is_nobodys_hot_topic() -> None:
    (cell,) = find({"a": [4_000] * 8 + [4_600]}, [50_000] * 9).cells
    assert cell.probability < FALSE_ALARMS
    assert cell.last < FACTOR * cell.expected
    assert not cell.hot


def test_where_everything_triples_no_class_is_hot_and_where_everything_falls_the_own_past_counts() -> None:
    tripled = {key: [10] * 8 + [30] for key in range(40)}
    assert not any(cell.hot for cell in find(tripled, [400] * 8 + [1_200]).cells)
    (cell,) = find({"a": [10] * 8 + [10]}, [400] * 8 + [100]).cells
    assert cell.expected == pytest.approx(10)


def test_a_week_without_a_single_case_is_a_gap_and_no_past() -> None:
    gap = find({"a": [9, 9, 9, 0, 0, 0, 9, 9, 10]}, [50, 50, 50, 0, 0, 0, 50, 50, 50])
    assert gap.cells[0].expected == pytest.approx(9)
    assert find({"a": [0] * 8 + [50]}, [0] * 8 + [50]).cells == ()


def test_ups_and_downs_that_all_share_are_no_scatter() -> None:
    parts = [0.5, 0.25, 0.25]
    assert spread([[20, 10, 10], [8, 4, 4]], parts) == 1.0
    assert spread([[20, 10, 10], [0, 16, 0]], parts) > 3


def _poisson(random: Generator, means: np.ndarray) -> np.ndarray:
    return random.poisson(np.repeat(means[:, None], 9, axis=1))


def _scattered(random: Generator, means: np.ndarray) -> np.ndarray:
    """Variance 2.5 times the mean: negative binomial, as complaints that come in bunches."""
    return random.poisson(random.gamma(np.repeat(means[:, None], 9, axis=1) / 1.5, 1.5))


def _bursty(random: Generator, means: np.ndarray) -> np.ndarray:
    """The large cells scatter most: the gamma's shape is the same for all (variance = mean + mean² / 6)."""
    return random.poisson(np.repeat(means[:, None], 9, axis=1) * random.gamma(6.0, 1 / 6.0, (len(means), 9)))


def _shared(random: Generator, means: np.ndarray) -> np.ndarray:
    """Storms and holidays: all cells go up and down together, by half."""
    return random.poisson(means[:, None] * random.gamma(4.0, 1 / 4.0, 9)[None, :])


@pytest.mark.parametrize(
    ("draw", "allowed"),
    [(_poisson, FALSE_ALARMS), (_scattered, FALSE_ALARMS), (_bursty, 2 * FALSE_ALARMS), (_shared, FALSE_ALARMS)],
)
def test_weeks_in_which_nothing_rises_give_no_more_false_alarms_than_are_printed(draw: Draw, allowed: float) -> None:
    """Whole weeks of 300 cells from half a case to sixty; counted over `WEEKS` of them.

    The bursty ones break the rule's assumption of one scatter for all cells, and still stay near it.
    """
    random, weeks = np.random.default_rng(20260601), 400
    means = np.exp(random.uniform(np.log(0.5), np.log(60), 300))
    false = 0
    for _ in range(weeks):
        table = draw(random, means)
        found = find(dict(enumerate(table.tolist())), table.sum(axis=0).tolist())
        false += sum(cell.hot for cell in found.cells)
    assert false / weeks <= allowed + 3 * (allowed / weeks) ** 0.5  # three standard errors of the simulation


def test_a_class_that_doubles_from_thirty_a_week_is_found_nine_times_of_ten() -> None:
    random, found = np.random.default_rng(7), 0
    for _ in range(100):
        table = _poisson(random, np.full(200, 30.0))
        table[0, -1] = random.poisson(75)
        cells = find(dict(enumerate(table.tolist())), table.sum(axis=0).tolist()).cells
        found += any(cell.hot and cell.key == 0 for cell in cells)
    assert found >= 90


@pytest.mark.skipif(not APPEALS.is_file(), reason="needs the real appeals (YIPING_TEST_DATA)")
def test_on_the_real_appeals_few_classes_are_hot_and_those_have_risen() -> None:
    monday = date(2018, 1, 1)
    cells: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    totals: Counter[int] = Counter()
    with APPEALS.open(encoding="utf-8-sig") as rows:
        for row in csv.DictReader(rows):
            week = (datetime.fromisoformat(row["CREATE_TIME"]).date() - monday).days // 7
            totals[week] += 1
            for place in ("坪山区", row["STREET_NAME"], row["COMMUNITY_NAME"]):
                cells[row["SUB_TYPE_NAME"], place][week] += 1
    hot = {}
    for week in range(max(totals) - 8, max(totals)):
        span = range(week - WEEKS_BEFORE, week + 1)
        found = find({key: [of[w] for w in span] for key, of in cells.items()}, [totals[w] for w in span])
        hot[week] = [cell for cell in found.cells if cell.hot]
        assert 100 < found.tested < 2_000
    counts = [len(found) for found in hot.values()]
    assert sum(counts) > 0
    assert max(counts) <= 20
    assert all(cell.last >= FACTOR * cell.expected for found in hot.values() for cell in found)
