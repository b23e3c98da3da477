"""Chance that repeats: keyed streams of random numbers, and ways to share out whole numbers.

Each subject draws from a stream of its own, named by words ("residents", "440303004011"), so that adding a subject
never changes another, and a community is the same whether it is seeded alone or within its district. Only
`Generator.random` is used underneath: its stream is the one numpy keeps stable from release to release.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Chance:
    """One stream of random numbers."""

    def __init__(self, seed: int, *subject: str) -> None:
        digest = sha256("/".join((str(seed), *subject)).encode()).digest()
        self._random = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16])))

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """`count` numbers in [low, high)."""
        return low + self._random.random(count) * (high - low)

    def whole(self, count: int, low: int, high: int) -> Ints:
        """`count` whole numbers in [low, high)."""
        return (low + np.floor(self._random.random(count) * (high - low))).astype(np.int64)

    def bell(self, count: int, mean: float, spread: float) -> Floats:
        """`count` numbers around `mean`, bell-shaped, never further than four times `spread` from it."""
        total = sum(self._random.random(count) for _ in range(4))
        return mean + (np.asarray(total) - 2.0) * (spread * 3**0.5)

    def pick(self, count: int, weights: Sequence[float] | Floats) -> Ints:
        """`count` indices drawn by `weights`."""
        sums = np.cumsum(np.asarray(weights, dtype=np.float64))
        found: Ints = np.searchsorted(sums, self._random.random(count) * sums[-1], side="right").astype(np.int64)
        return found

    def order(self, count: int) -> Ints:
        """The numbers 0 … count-1 in a random order."""
        return np.argsort(self._random.random(count), kind="stable").astype(np.int64)

    def sample(self, population: int, count: int) -> Ints:
        """`count` different numbers below `population`, ascending."""
        return np.sort(self.order(population)[:count])


def share_out(total: int, weights: Sequence[float] | Floats | Ints) -> Ints:
    """Split `total` into whole parts proportional to `weights` (largest remainder), exactly."""
    exact = np.asarray(weights, dtype=np.float64) * (total / float(np.sum(weights)))
    parts = np.floor(exact).astype(np.int64)
    missing = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:missing]] += 1
    return parts


def choose(options: Sequence[Any], indices: Ints) -> NDArray[Any]:
    """The options at `indices`, as an array."""
    return np.asarray(options)[indices]
