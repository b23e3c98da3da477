"""Hot topics (热点诉求): classes of cases that rise against their own past in the same area.

The rule, as it is printed on the screens: of the cases of nine weeks, how unlikely is it that so many fall into the
last one, if all weeks were alike? Each class and area is compared with nothing but itself, so that a class that is
always large is not hot for being large. No seasons: a class that rises every year at this time is found as well.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import Final

WEEKS_BEFORE: Final = 8
LEVEL: Final = 0.0005
"""A class is hot below this probability; a week of N classes has at most N × LEVEL false alarms on average."""
LEAST: Final = 5
"""Fewer cases than this in a week are nobody's hot topic."""


def probability(last: int, before: int) -> float:
    """How likely `last` or more of the cases fall into the last week when `before` fell into the weeks before it.

    The upper tail of a binomial distribution: exact, and it knows that the past is only an estimate.
    """
    n, share = last + before, 1 / (WEEKS_BEFORE + 1)
    if last <= n * share:
        return 1.0
    return min(1.0, sum(_binomial(n, k, share) for k in range(last, n + 1)))


def is_hot(last: int, before: int) -> bool:
    """Tell whether the last week's cases are a hot topic."""
    return last >= LEAST and probability(last, before) < LEVEL


def false_alarms(tested: int) -> float:
    """How many of `tested` classes would be called hot in a week in which nothing rises, at most, on average."""
    return tested * LEVEL


def _binomial(n: int, k: int, share: float) -> float:
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(ways + k * log(share) + (n - k) * log(1 - share))
