"""Hot topics (热点诉求): classes of cases that rise in a place against their own past there.

The rule, as it is printed on the screens and in the brief:

1. A cell is a class in a place: the area asked for, and every area below it. Its cases (件) are counted by whole weeks
   of seven days: the newest, and the eight before it. Weeks in which nothing at all came in are gaps of the collection
   and no past.
2. Expected is what the past weeks average; where all other cases together have risen, as much more. So a class that
   is always large is not hot for being large, and a new channel that triples everything makes no class hot.
3. Given the cases of all these weeks together, how likely do as many fall into the newest by chance? The upper tail of
   a beta-binomial distribution: what Poisson or negative-binomial weeks that share a mean become when their sum is
   known. It knows that the past is only an estimate. How much weeks scatter beyond Poisson (variance / mean) is
   measured over the past weeks, of the cell itself and of all cells together; the larger counts.
4. Hot is what is less likely than FALSE_ALARMS / number of cells tested, has LEAST cases and is FACTOR times what was
   expected. So in a week in which nothing rises there are FALSE_ALARMS false alarms at most on average, however many
   cells there are and however they hang together: with 0.1, one in ten weeks. Only cells with LEAST cases in all weeks
   together are tested; the sum is what the probability is given, so that choosing by it costs nothing.

Source of the rule: the conditional test of two Poisson means (Przyborowski and Wilenski 1940), with the gamma-mixed
counts of outbreak detection (Noufaily et al. 2013, Statistics in Medicine 32) in the place of Poisson; Bonferroni's
bound for the number of false alarms. No seasons: a class that rises every year at this time is found as well.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

WEEKS_BEFORE: Final = 8
FALSE_ALARMS: Final = 0.1
"""False alarms a week, of an area and all below it together, at most on average."""
LEAST: Final = 5
"""Fewer cases than this in a week are nobody's hot topic."""
FACTOR: Final = 1.5
"""Less than this many times what was expected is no surprise worth a leader's time, however sure it is."""
_EVEN: Final = 1.02
"""Weeks that scatter no more than this (variance / mean) are taken for Poisson."""


@dataclass(frozen=True, slots=True)
class Cell(Generic[K]):
    """A cell that was tested. `expected`: cases a week; `probability`: of `last` or more of them by chance."""

    key: K
    last: int
    expected: float
    probability: float
    hot: bool


@dataclass(frozen=True, slots=True)
class Found(Generic[K]):
    """What a week brought: the cells least likely first, how many were tested, and how their weeks scatter."""

    cells: tuple[Cell[K], ...]
    tested: int
    scatter: float  # variance / mean of past weeks, all cells together; 1: Poisson

    @property
    def level(self) -> float:
        """The probability below which a cell is hot."""
        return FALSE_ALARMS / max(1, self.tested)


def find(cells: Mapping[K, Sequence[int]], totals: Sequence[int]) -> Found[K]:
    """The cells with cases in the newest week, least likely first.

    `cells` and `totals` (all cases of the deployment) are by week, oldest first; the last is the week that is judged.
    """
    past = [week for week, n in enumerate(totals[:-1]) if n]
    tested = {key: weeks for key, weeks in cells.items() if weeks[-1] + sum(weeks[w] for w in past) >= LEAST}
    if not past:
        return Found((), 0, 1.0)
    all_before = sum(totals[w] for w in past)
    parts = _parts([totals[w] for w in past])
    befores = {key: [weeks[w] for w in past] for key, weeks in tested.items()}
    scatter = spread(befores.values(), parts)
    level = FALSE_ALARMS / max(1, len(tested))
    found = []
    for key, weeks in tested.items():
        last, before = weeks[-1], sum(befores[key])
        if not last:
            continue
        others, others_before = totals[-1] - last, all_before - before
        odds = max(1 / len(past), others / others_before if others_before else 0.0)
        expected = before * odds
        p = tail(last, last + before, odds / (1 + odds), max(scatter, spread([befores[key]], parts)))
        hot = p < level and last >= LEAST and last >= FACTOR * expected
        found.append(Cell(key, last, expected, p, hot))
    found.sort(key=lambda cell: (cell.probability, -cell.last, str(cell.key)))
    return Found(tuple(found), len(tested), scatter)


def tail(last: int, total: int, share: float, scatter: float = 1.0) -> float:
    """How likely `last` or more of `total` cases fall into the week that by itself would have `share` of them.

    `scatter` is variance / mean of a week: 1 is Poisson and gives the binomial distribution, more the beta-binomial.
    """
    if last <= total * share:
        return 1.0
    if scatter <= _EVEN:
        first = _log_ways(total, last) + last * log(share) + (total - last) * log(1 - share)
        odds = share / (1 - share)
        return _sum_up(last, total, first, lambda k: odds * (total - k) / (k + 1))
    size = total / (scatter - 1)  # of the gamma distribution behind all weeks together
    a, b = size * share, size * (1 - share)
    first = _log_ways(total, last) + _log_beta(last + a, total - last + b) - _log_beta(a, b)
    return _sum_up(last, total, first, lambda k: (total - k) * (k + a) / ((k + 1) * (total - k - 1 + b)))


def spread(cells: Iterable[Sequence[int]], parts: Sequence[float]) -> float:
    """Variance / mean of a week's cases, over all `cells`, beside the ups and downs they share; at least 1.

    `parts`: what part of all cases each week had. A week that is dry throughout is so in all cells, and no scatter.
    """
    square = mean = 0.0
    for weeks in cells:
        total = sum(weeks)
        mean += total
        square += sum((n - total * part) ** 2 for n, part in zip(weeks, parts, strict=True))
    freedom = 1 - sum(
        part * part for part in parts
    )  # of multinomial counts: their squares add up to this times the sum
    return max(1.0, square / (mean * freedom)) if mean and freedom > 0 else 1.0


def _parts(totals: Sequence[int]) -> list[float]:
    whole = sum(totals)
    return [n / whole for n in totals]


def _sum_up(k: int, total: int, first: float, step: Callable[[int], float]) -> float:
    """The terms from `k` on: the first by its logarithm, each further one from the one before."""
    term = exp(first)
    found = term
    while k < total and term > found * 1e-12:
        term *= step(k)
        found += term
        k += 1
    return min(1.0, found)


def _log_ways(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
