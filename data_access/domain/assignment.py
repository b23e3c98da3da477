"""Which unit a case is suggested to: the one that handled most of its kind nearby. A rule one can tell in a sentence.

Of the last half year, the smallest area around the case and the narrowest class in which enough cases were handled
decide; the screen says which they were. Rules only: the counts are passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LOOKED_BACK: Final = timedelta(days=183)
ENOUGH: Final = 5
"""Fewer cases of a kind say nothing about whose they are."""
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One unit: how many of the `of` cases it handled, what it has open now and how much of that is overdue."""

    unit_id: int
    handled: int
    of: int
    open: int
    overdue: int


def suggest(handled: Mapping[int, int], workload: Mapping[int, tuple[int, int]]) -> tuple[Suggestion, ...]:
    """The units with most of the cases, first; where two have as many, the one with less to do."""
    of = sum(handled.values())
    if of < ENOUGH:
        return ()
    found = [Suggestion(unit, n, of, *workload.get(unit, (0, 0))) for unit, n in handled.items()]
    found.sort(key=lambda one: (-one.handled, one.open, one.unit_id))
    return tuple(found[:SHOWN])
