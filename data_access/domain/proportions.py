"""How sure a share is: the interval of Wilson, which holds for small numbers too."""

from __future__ import annotations

from math import sqrt
from typing import Final

Z95: Final = 1.959964


def interval(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of `hits` of `n` as shares; all of [0, 1] where there is nothing."""
    if not n:
        return 0.0, 1.0
    share, square = hits / n, Z95 * Z95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, middle - half), min(1.0, middle + half)
