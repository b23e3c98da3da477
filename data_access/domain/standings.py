"""Red and black list (红黑榜): who leads, who is last, by a rule that is stated and that luck alone cannot meet.

Only lines with enough cases are ranked: one of one is 100 %. The first three are red if they reach the target, where
there is one, and are better than the whole; the last two are black if they do neither. A list of fewer than four
ranked lines names nobody.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

LEAST: Final = 10
"""Cases in the denominator below which a line is not ranked."""
FEWEST_LINES: Final = 4
REDS: Final = 3
BLACKS: Final = 2


class Listed(StrEnum):
    """Which list a line is on."""

    RED = "red"
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Score(Generic[K]):
    """What a line is ranked by: its figure and how many cases stand behind it."""

    key: K
    value: float | None
    cases: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a line stands, from 1; the same figure over as many cases is the same place."""

    place: int
    listed: Listed | None = None


def standings(
    lines: Sequence[Score[K]], whole: float | None, *, low_is_good: bool = False, target: float | None = None
) -> Mapping[K, Standing]:
    """The place of each line that can be ranked, and the list it is on. `whole` is the figure of all of them."""
    sign = 1 if low_is_good else -1
    known = [(sign * line.value, -line.cases, line.key) for line in lines if line.value is not None]
    ranked = sorted(((value, cases, key) for value, cases, key in known if -cases >= LEAST), key=lambda x: x[:2])
    bounds = [sign * bound for bound in (whole, target) if bound is not None]
    found: dict[K, Standing] = {}
    place = 0
    for number, (value, cases, key) in enumerate(ranked, 1):
        if number == 1 or (value, cases) != ranked[number - 2][:2]:
            place = number
        listed = None
        if len(ranked) >= FEWEST_LINES and bounds:
            if number <= REDS and all(value <= bound for bound in bounds):
                listed = Listed.RED
            elif number > len(ranked) - BLACKS and all(value > bound for bound in bounds):
                listed = Listed.BLACK
        found[key] = Standing(place, listed)
    return found
