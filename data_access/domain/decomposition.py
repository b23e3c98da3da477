"""Why a rate changed: what each class (unit, community …) contributed, in percentage points, exactly.

With N cases at the rate r now and N0 at r0 before, a class that has w of them at r_c (w0 at r0_c) contributes

    (w/N)(r_c − r0) − (w0/N0)(r0_c − r0),

which over all classes is r − r0. It splits into what its rate did, (w/N)(r_c − r0_c), and what its share did,
(w/N − w0/N0)(r0_c − r0): a class may stay as bad as ever and pull the whole down by becoming larger.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Share:
    """Cases of a class: how many count, of how many."""

    part: int = 0
    whole: int = 0

    @property
    def rate(self) -> Fraction | None:
        """In percent; None of nothing."""
        return Fraction(100 * self.part, self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a class contributed, in percentage points: by its rate and by its share."""

    rate: Fraction
    mix: Fraction

    @property
    def total(self) -> Fraction:
        return self.rate + self.mix


def decompose(now: Mapping[K, Share], before: Mapping[K, Share]) -> dict[K, Effect]:
    """What each class contributed to the change of the whole's rate; empty where one of the two wholes has no cases.

    A class that is new had no rate of its own: it is held against the whole's earlier one, all of it an effect of rate.
    """
    whole, earlier = _sum(now), _sum(before)
    base = earlier.rate
    if whole.rate is None or base is None:
        return {}
    found = {}
    for key in now.keys() | before.keys():
        here, there = now.get(key, Share()), before.get(key, Share())
        weight, weight_before = Fraction(here.whole, whole.whole), Fraction(there.whole, earlier.whole)
        own_before = base if there.rate is None else there.rate
        own = own_before if here.rate is None else here.rate
        found[key] = Effect(rate=weight * (own - own_before), mix=(weight - weight_before) * (own_before - base))
    return found


def _sum(shares: Mapping[K, Share]) -> Share:
    return Share(sum(share.part for share in shares.values()), sum(share.whole for share in shares.values()))
