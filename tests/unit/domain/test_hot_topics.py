"""A hot topic is one that its own past does not explain, as often by mistake as is printed."""

from __future__ import annotations

from math import exp, lgamma, log

import pytest

from data_access.domain.hot_topics import LEVEL, WEEKS_BEFORE, false_alarms, is_hot, probability


def test_as_many_as_ever_is_no_surprise_and_three_times_as_many_is() -> None:
    assert probability(10, 80) == 1.0
    assert not is_hot(14, 80)
    assert is_hot(31, 80)


def test_the_probability_is_that_of_the_binomial_tail() -> None:
    assert probability(2, 0) == pytest.approx((1 / 9) ** 2)
    assert probability(1, 1) == pytest.approx(1 - (8 / 9) ** 2)
    assert probability(0, 0) == 1.0


def test_few_cases_are_not_hot_however_new_they_are() -> None:
    assert probability(4, 0) < LEVEL
    assert not is_hot(4, 0)
    assert is_hot(5, 0)


def test_a_large_class_does_not_overflow() -> None:
    assert 0 <= probability(4_000, 24_000) < LEVEL


@pytest.mark.parametrize("rate", [0.5, 3.0, 12.0])
def test_calm_weeks_give_no_more_false_alarms_than_are_printed(rate: float) -> None:
    """Exactly, for cases that come evenly: over everything that may happen in nine weeks of `rate` cases each."""

    def poisson(mean: float, k: int) -> float:
        return exp(k * log(mean) - mean - lgamma(k + 1))

    chance = sum(
        poisson(rate, last) * poisson(rate * WEEKS_BEFORE, before)
        for last in range(60)
        for before in range(200)
        if is_hot(last, before)
    )
    assert chance <= LEVEL
    assert false_alarms(302) == pytest.approx(0.151)
